// Turns the places of a stack that a user has reported into places of `src/`: paste it on standard input.
// The sources must be those of the version that has printed it.
import { SourceMap } from 'node:module'
import { text } from 'node:stream/consumers'
import { bundleProgram, bundleThread } from './bundle.mjs'

const inMemory = { write: false, sourcemap: 'external' }
const built = await Promise.all([bundleProgram(inMemory), bundleThread(inMemory)])
const maps = new Map(
  built
    .flatMap(({ outputFiles }) => outputFiles)
    .filter(({ path }) => path.endsWith('.map'))
    .map(file => [/([^/]*)\.map$/.exec(file.path)[1], new SourceMap(JSON.parse(file.text))]),
)

const stack = await text(process.stdin)
process.stdout.write(
  stack.replace(/[^\s()]*?([\w-]+\.cjs):(\d+):(\d+)/g, (place, file, line, column) => {
    const found = maps.get(file)?.findEntry(line - 1, column - 1)
    if (found?.originalSource === undefined) return place
    return `${found.originalSource.replace(/^(\.\.\/)+/, '')}:${found.originalLine + 1}:${found.originalColumn + 1}`
  }),
)
