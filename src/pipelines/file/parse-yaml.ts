import { isUtf8 } from 'node:buffer'
import { createMistakes, type Mistakes } from './mistakes.js'
import type { Entry, Node, Place } from './node.js'

/** Longest job file in bytes, most values with every alias spelled out, most aliases, deepest nesting. */
export const limits = { bytes: 1024 * 1024, nodes: 10_000, aliases: 100, depth: 32 }

/** The content of a YAML 1.2 file (core schema) as plain nodes. Throws a `UsageError` with the places of all mistakes. */
export const parseYaml = async (file: string, bytes: Buffer): Promise<Node> => {
  const mistakes = createMistakes(file)
  const start = { line: 1, column: 1 }
  if (bytes.length > limits.bytes) {
    mistakes.add(start, `The file is ${bytes.length} bytes long; at most ${limits.bytes} are read`)
    mistakes.throwIfAny()
  }
  if (!isUtf8(bytes)) mistakes.add(start, 'The file is not UTF-8 text')
  mistakes.throwIfAny()
  const yaml = await import('yaml')
  const counter = new yaml.LineCounter()
  const document = yaml.parseDocument(bytes.toString(), {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: true,
    intAsBigInt: true,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: counter,
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  for (const { code, message, pos } of leaveOutConsequences([...document.errors, ...document.warnings])) {
    mistakes.add(placeAt(pos[0]), explain(code, message))
  }
  mistakes.throwIfAny()
  const root = convert(yaml, document, placeAt, mistakes)
  mistakes.throwIfAny()
  if (root === undefined) throw new Error('A file without mistakes has a root')
  return root
}

type Yaml = typeof import('yaml')

type Found = { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }

const ownWords = ['DUPLICATE_KEY', 'MULTIPLE_DOCS', 'BAD_DIRECTIVE']

/** A tag is told with its place later; what does not fit the syntax makes more behind it that does not. */
const leaveOutConsequences = (found: readonly Found[]): readonly Found[] => {
  const all = found
    .filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
    .toSorted((one, other) => one.pos[0] - other.pos[0])
  const first = all.findIndex(({ code }) => !ownWords.includes(code))
  return first === -1 ? all : all.slice(0, first + 1)
}

const explain = (code: string, message: string): string => {
  if (code === 'DUPLICATE_KEY') return 'This key is given twice: keep one of them'
  if (code === 'MULTIPLE_DOCS') return 'The file has several documents: keep one, without ---'
  if (code === 'BAD_DIRECTIVE') return 'Directives (%) are not allowed'
  return `The file is not valid YAML: ${message.split('\n')[0]}${advise(code, message)}`
}

const advise = (code: string, message: string): string => {
  if (message.includes('block sequence')) return '; the dashes of a list stand in one column'
  const isAboutText = ['UNEXPECTED_TOKEN', 'BLOCK_IN_FLOW', 'BLOCK_AS_IMPLICIT_KEY', 'BAD_SCALAR_START', 'MISSING_CHAR']
  return isAboutText.includes(code)
    ? '; a text with brackets, commas, colons, quotes or # in it needs quotes around it'
    : ''
}

const convert = (
  yaml: Yaml,
  document: import('yaml').Document.Parsed,
  placeAt: (offset: number) => Place,
  mistakes: Mistakes,
): Node | undefined => {
  let nodes = 0
  let aliases = 0
  const open = new Set<unknown>()

  // Every alias is spelled out, so the limit is on what a reader of the nodes has to walk through.
  const read = (node: unknown, near: Place, depth: number): Node | undefined => {
    if (++nodes > limits.nodes || depth > limits.depth) {
      const what =
        depth > limits.depth ? `${limits.depth} levels of nesting` : `${limits.nodes} values, aliases included`
      mistakes.add(near, `The file has more than ${what}`)
      return undefined
    }
    if (yaml.isAlias(node)) {
      const place = placeOf(node, near)
      if (++aliases > limits.aliases) {
        mistakes.add(place, `The file has more than ${limits.aliases} aliases`)
        return undefined
      }
      const target = node.resolve(document)
      if (target === undefined || open.has(target)) {
        const rest = target === undefined ? 'has no anchor; a text that begins with * needs quotes' : 'contains itself'
        mistakes.add(place, `The alias *${node.source} ${rest}`)
        return undefined
      }
      return read(target, place, depth)
    }
    const place = placeOf(node, near)
    refuseTag(node, place)
    if (yaml.isScalar(node)) return readScalar(node, place)
    if (!yaml.isCollection(node)) return { kind: 'scalar', place, text: '', value: null }
    open.add(node)
    const result: Node = yaml.isMap(node)
      ? { kind: 'map', place, entries: node.items.flatMap(pair => readPair(pair, place, depth)) }
      : { kind: 'list', place, items: node.items.flatMap(item => read(item, place, depth + 1) ?? []) }
    open.delete(node)
    return result
  }

  const placeOf = (node: unknown, near: Place): Place => {
    const range = yaml.isNode(node) ? node.range : undefined
    return range ? placeAt(range[0]) : near
  }

  const refuseTag = (node: unknown, place: Place): void => {
    const tag = yaml.isNode(node) ? node.tag : undefined
    if (tag === undefined) return
    const advice = tag.startsWith('!') ? '; a text that begins with ! needs quotes' : ''
    mistakes.add(place, `The tag ${tag} is not allowed: a job file has plain values only${advice}`)
  }

  const readScalar = (node: import('yaml').Scalar, place: Place): Node => {
    const { value, source } = node
    if (typeof value === 'string') return { kind: 'scalar', place, text: value, value }
    const known = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? value : null
    return { kind: 'scalar', place, text: source ?? '', value: known }
  }

  const readPair = (pair: import('yaml').Pair, near: Place, depth: number): Entry[] => {
    const place = placeOf(pair.key, near)
    if (!yaml.isScalar(pair.key) || pair.key.value === null) {
      mistakes.add(place, 'A key is a plain word')
      return []
    }
    refuseTag(pair.key, place)
    const key = readScalar(pair.key, place)
    const text = key.kind === 'scalar' ? key.text : ''
    if (text === '<<') {
      mistakes.add(place, 'Merge keys (<<) are not allowed: an alias stands for a whole value')
      return []
    }
    const value = read(pair.value, place, depth + 1)
    return value === undefined ? [] : [{ key: text, place, value }]
  }

  if (document.contents === null) {
    mistakes.add({ line: 1, column: 1 }, 'The file is empty; a job has at least `steps:`')
    return undefined
  }
  return read(document.contents, { line: 1, column: 1 }, 0)
}
