import fc from 'fast-check'

// With a fixed seed a commit gets the same verdict each time. `npm run soak -- properties` tries seeds nobody has seen.
fc.configureGlobal({ seed: Number(process.env.TEST_SEED ?? 1) })

export { default } from 'fast-check'
