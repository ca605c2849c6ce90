import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Source files by their path below the project, with their text. */
export type Sources = ReadonlyMap<string, string>

/** What each layer may import, besides itself and `core`. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  bin: ['main'],
  main: ['commands', 'cli', 'processors', 'calls', 'stores', 'pipelines'],
  index: ['processors', 'calls', 'stores', 'streams', 'objects'],
  streams: [],
  objects: ['processors'],
  commands: ['objects', 'cli', 'processors', 'calls', 'stores', 'pipelines'],
  pipelines: ['cli', 'processors', 'calls', 'stores'],
  cli: ['processors', 'calls', 'stores'],
  processors: ['calls'],
  calls: [],
  stores: [],
  core: [],
}

/** The sources of the project. */
export const readSources = (): Sources =>
  new Map(
    ['bin', 'src'].flatMap(folder =>
      readdirSync(folder, { recursive: true })
        .map(file => posix.join(folder, String(file)))
        .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
        .map(file => [file, readFileSync(file, 'utf8')] as const),
    ),
  )

/** Everything that is wrong with the layout, in words. */
export const findViolations = (sources: Sources, exists = (file: string) => existsSync(join('.', file))): string[] => [
  ...findWrongDirections(sources),
  ...findCycles(sources),
  ...findLonelyCommands(sources, exists),
  ...findUnused(sources),
  ...findCrowdedFolders(sources),
  ...findSharedNames(sources),
]

const findWrongDirections = (sources: Sources): string[] =>
  [...sources].flatMap(([file, text]) =>
    findImports(text).flatMap(({ from }) => {
      const layer = layerOf(file)
      if (!from.startsWith('.')) {
        return layer === 'core' && !from.startsWith('node:') ? [`${file} of core imports the package ${from}`] : []
      }
      const target = resolveImport(file, from)
      if (!sources.has(target)) return target.endsWith('.d.ts') ? [] : [`${file} imports ${from}, which is no source`]
      const other = layerOf(target)
      const allowed = [layer, 'core', ...(mayImport[layer] ?? [])]
      return allowed.includes(other) ? [] : [`${file} of ${layer} imports ${target} of ${other}`]
    }),
  )

/** Imports of types alone count as well: who reads one file has to read the others. */
const findCycles = (sources: Sources): string[] => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [`Cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`]
    if (done.has(file)) return []
    const found = findImports(sources.get(file) ?? '')
      .filter(({ from }) => from.startsWith('.'))
      .flatMap(({ from }) => visit(resolveImport(file, from), [...path, file]))
    done.add(file)
    return found
  }
  return [...sources.keys()].flatMap(file => visit(file, []))
}

const findLonelyCommands = (sources: Sources, exists: (file: string) => boolean): string[] =>
  [...sources.keys()]
    .filter(file => posix.dirname(file) === 'src/commands')
    .flatMap(file => {
      const name = posix.basename(file, '.ts')
      return [`test/commands/${name}.ts`, `test/commands/${name}/flags.ts`, `docs/${name}.md`]
        .filter(wanted => !exists(wanted))
        .map(wanted => `${file} has no ${wanted}`)
    })

const findUnused = (sources: Sources): string[] => {
  const used = new Set(
    [...sources].flatMap(([file, text]) => findImports(text).map(({ from }) => resolveImport(file, from))),
  )
  return [...sources.keys()]
    .filter(file => layerOf(file) === 'processors' && !used.has(file))
    .map(file => `${file} is imported by nobody`)
}

// One file per thing of a kind, named for it: there may be any number of them.
const unlimited = ['src/commands', 'src/processors', 'src/cli/values']

const findCrowdedFolders = (sources: Sources): string[] =>
  [...groupBy([...sources.keys()], posix.dirname)]
    .filter(([folder, files]) => files.length > maxFiles && !unlimited.includes(folder))
    .map(([folder, files]) => `${folder} holds ${files.length} files, more than ${maxFiles}: divide it into rooms`)

const maxFiles = 20

/** A name that two files export means two things; only what every command exports is the same thing in each. */
const findSharedNames = (sources: Sources): string[] => {
  const exports = [...sources].flatMap(([file, text]) =>
    [...text.matchAll(exportShape)].map(([, name = '']) => ({ file, name })),
  )
  return [...groupBy(exports, ({ name }) => name)]
    .map(([name, places]) => ({ name, files: [...new Set(places.map(({ file }) => file))] }))
    .filter(({ name, files }) => files.length > 1 && !(name === 'define' && files.every(isCommand)))
    .map(({ name, files }) => `${name} is exported by ${files.join(' and ')}`)
}

const isCommand = (file: string): boolean => file.startsWith('src/commands/')

const exportShape =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class|type|interface|enum) (\w+)/gm

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

const findImports = (text: string): { readonly from: string }[] =>
  [...text.matchAll(importShape)].map(([, statement, lazy]) => ({ from: statement ?? lazy ?? '' }))

// Statements from the start of a line to `from '…'`, and what is loaded lazily or only named as a type.
const importShape = /^(?:import|export)\s[^'"`;=]*?['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/gm

const resolveImport = (file: string, from: string): string =>
  posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts')

const layerOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/')
  return first === 'src' ? posix.basename(second, '.ts') : first
}
