import { readdirSync, readFileSync } from 'node:fs'

export type JobExample = { readonly place: string; readonly text: string }

/** The job files in the docs and the one that they run: blocks of `yaml` with steps. */
export const listJobExamples = (): readonly JobExample[] => [
  { place: 'test/fixtures/job.yaml', text: readFileSync('test/fixtures/job.yaml', 'utf8') },
  ...['README.md', ...readdirSync('docs').map(name => `docs/${name}`)]
    .filter(name => name.endsWith('.md'))
    .flatMap(place =>
      [...readFileSync(place, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
        .map(([, text = '']) => text)
        .filter(text => /^steps:/m.test(text))
        .map(text => ({ place, text })),
    ),
]
