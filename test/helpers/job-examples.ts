import { readdirSync, readFileSync } from 'node:fs'

export type JobExample = { readonly place: string; readonly text: string }

/** The job files in the docs, blocks of `yaml` with steps, and the files that docs and `npm start` run. */
export const listJobExamples = (): readonly JobExample[] => [
  ...['test/fixtures/job.yaml', 'scripts/main-job.yaml'].map(place => ({ place, text: readFileSync(place, 'utf8') })),
  ...['README.md', ...readdirSync('docs').map(name => `docs/${name}`)]
    .filter(name => name.endsWith('.md'))
    .flatMap(place =>
      [...readFileSync(place, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
        .map(([, text = '']) => text)
        .filter(text => /^steps:/m.test(text))
        .map(text => ({ place, text })),
    ),
]
