import { dirname, resolve } from 'node:path'
import { duration } from '../../cli/values/duration.js'
import { durationRange } from '../../cli/values/duration-range.js'
import { createMistakes, type Mistakes } from '../file/mistakes.js'
import { type Node, nameKind, type Place } from '../file/node.js'
import { parseYaml } from '../file/parse-yaml.js'
import { readKeys } from '../file/reader.js'
import { type Fake, readFakes } from './read-fakes.js'
import { toValue } from './to-value.js'

/** A file of tests, checked as far as it can be without its job. */
export type Suite = {
  /** The job file, by its whole path. */
  readonly job: string
  readonly cases: readonly Case[]
}

export type Case = {
  readonly name: string
  readonly place: Place
  readonly input: readonly string[]
  readonly set: ReadonlyMap<string, string>
  readonly calls: ReadonlyMap<string, { readonly place: Place; readonly fakes: readonly Fake[] }>
  /** What the state file of a step holds before the run. */
  readonly state: ReadonlyMap<string, unknown>
  readonly expect: Expectation
}

/** What is not named is not looked at, but for the exit code, which is 0, and failures, of which there are none. */
export type Expectation = {
  readonly output?: number | readonly string[]
  /** Of branches that end in a file. */
  readonly outputs: ReadonlyMap<string, number | readonly string[]>
  readonly failures: number | readonly Readonly<Record<string, unknown>>[]
  readonly exit: number
  readonly calls: ReadonlyMap<string, number>
  readonly state: ReadonlyMap<string, unknown>
  /** Milliseconds of the fake clock. */
  readonly elapsed?: { readonly min: number; readonly max: number }
}

/** Throws a `UsageError` that names every mistake with its place. */
export const readSuite = async (file: string, bytes: Buffer): Promise<Suite> => {
  const root = await parseYaml(file, bytes)
  const mistakes = createMistakes(file)
  const found = readKeys(root, '', ['job', 'tests'], mistakes) ?? {}
  const job = readText(found.job, root, 'job', mistakes)
  const cases = readCases(found.tests, root, mistakes)
  mistakes.throwIfAny()
  return { job: resolve(dirname(file), job), cases }
}

const readText = (node: Node | undefined, near: Node, key: string, mistakes: Mistakes): string => {
  if (node?.kind === 'scalar' && node.value !== null && node.text !== '') return node.text
  const given = node === undefined ? 'it is missing' : `got ${nameKind(node)}`
  mistakes.add((node ?? near).place, `${key}: expected a text, ${given}`)
  return ''
}

const readCases = (node: Node | undefined, root: Node, mistakes: Mistakes): readonly Case[] => {
  if (node?.kind !== 'list' || node.items.length === 0) {
    mistakes.add((node ?? root).place, 'tests: expected a list with at least one test')
    return []
  }
  const names = new Set<string>()
  return node.items.map(item => {
    const found = readKeys(item, 'test', ['name', 'input', 'set', 'calls', 'state', 'expect'], mistakes) ?? {}
    const name = readText(found.name, item, 'name', mistakes)
    if (names.has(name)) mistakes.add((found.name ?? item).place, `name: there is another test ${JSON.stringify(name)}`)
    names.add(name)
    return {
      name,
      place: item.place,
      input: found.input === undefined ? [] : readLines(found.input, 'input', mistakes),
      set: new Map([...readMap(found.set, 'set', mistakes)].map(([key, value]) => [key, String(toValue(value))])),
      calls: new Map(
        [...readMap(found.calls, 'calls', mistakes)].map(([step, value]) => [
          step,
          { place: value.place, fakes: readFakes(value, mistakes) },
        ]),
      ),
      state: new Map([...readMap(found.state, 'state', mistakes)].map(([step, value]) => [step, toValue(value)])),
      expect: readExpectation(found.expect, item, mistakes),
    }
  })
}

const readMap = (node: Node | undefined, key: string, mistakes: Mistakes): ReadonlyMap<string, Node> => {
  if (node === undefined) return new Map()
  if (node.kind === 'map') return new Map(node.entries.map(entry => [entry.key, entry.value]))
  mistakes.add(node.place, `${key}: expected a mapping by step, got ${nameKind(node)}`)
  return new Map()
}

const readLines = (node: Node, key: string, mistakes: Mistakes): readonly string[] => {
  const items = node.kind === 'list' ? node.items : [node]
  return items.map(item => {
    if (item.kind === 'scalar' && item.value !== null && !item.text.includes('\n')) return item.text
    mistakes.add(item.place, `${key}: expected a line, as in '{"id":1}', got ${nameKind(item)}`)
    return ''
  })
}

const readExpectation = (node: Node | undefined, test: Node, mistakes: Mistakes): Expectation => {
  const nothing = { outputs: new Map(), failures: [], exit: 0, calls: new Map(), state: new Map() }
  if (node === undefined) {
    mistakes.add(test.place, 'expect is missing: a test without it shows nothing')
    return nothing
  }
  const keys = ['output', 'outputs', 'failures', 'exit', 'calls', 'state', 'elapsed'] as const
  const found = readKeys(node, 'expect', keys, mistakes)
  if (found === undefined) return nothing
  if (Object.keys(found).length === 0) mistakes.add(node.place, 'expect is empty: a test without it shows nothing')
  const elapsed = readElapsed(found.elapsed, mistakes)
  return {
    ...(found.output === undefined ? {} : { output: readCountOr(found.output, n => readLines(n, 'output', mistakes)) }),
    outputs: new Map(
      [...readMap(found.outputs, 'outputs', mistakes)].map(([branch, value]) => [
        branch,
        readCountOr(value, n => readLines(n, 'outputs', mistakes)),
      ]),
    ),
    failures: found.failures === undefined ? [] : readCountOr(found.failures, n => readFailures(n, mistakes)),
    exit: found.exit === undefined ? 0 : readCount(found.exit, 'exit', mistakes),
    calls: new Map(
      [...readMap(found.calls, 'calls', mistakes)].map(([step, value]) => [step, readCount(value, 'calls', mistakes)]),
    ),
    state: new Map([...readMap(found.state, 'state', mistakes)].map(([step, value]) => [step, toValue(value)])),
    ...(elapsed === undefined ? {} : { elapsed }),
  }
}

const readCountOr = <T>(node: Node, read: (node: Node) => T): number | T =>
  node.kind === 'scalar' && (typeof node.value === 'bigint' || typeof node.value === 'number')
    ? Number(node.value)
    : read(node)

const readCount = (node: Node, key: string, mistakes: Mistakes): number => {
  if (node.kind === 'scalar' && typeof node.value === 'bigint' && node.value >= 0n) return Number(node.value)
  mistakes.add(node.place, `${key}: expected a whole number, got ${nameKind(node)}`)
  return 0
}

const failureKeys = ['step', 'kind', 'class', 'line', 'attempts', 'message', 'record', 'kept'] as const

const readFailures = (node: Node, mistakes: Mistakes): readonly Readonly<Record<string, unknown>>[] => {
  if (node.kind !== 'list') {
    mistakes.add(
      node.place,
      `failures: expected a number or a list, as in: [{step: score, kind: timeout}]; got ${nameKind(node)}`,
    )
    return []
  }
  return node.items.map(item => {
    const found = readKeys(item, 'failures', failureKeys, mistakes) ?? {}
    return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, toValue(value)]))
  })
}

const readElapsed = (node: Node | undefined, mistakes: Mistakes): Expectation['elapsed'] => {
  if (node === undefined) return undefined
  const text = node.kind === 'scalar' ? node.text : ''
  try {
    if (text.includes('..'))
      return text.startsWith('0..') ? { min: 0, max: duration(text.slice(3)) } : durationRange(text)
    return { min: duration(text), max: duration(text) }
  } catch {
    mistakes.add(node.place, `elapsed: expected a duration or a range, as in 30s..40s, got ${nameKind(node)}`)
    return undefined
  }
}
