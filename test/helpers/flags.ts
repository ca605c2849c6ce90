import { isDeepStrictEqual } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { Option } from 'commander'
import { listCommonOptions } from '../../src/cli/common-options.js'
import { listOptions } from '../../src/cli/create-command.js'
import type { Definition } from '../../src/cli/definition.js'
import { type Input, type Result, streamz } from './cli.js'

/** What can be seen of a run; of its stderr and files only what is told here. */
export type Seen = {
  readonly out?: string
  readonly exit?: number
  /** Anything else: kinds of failures, counters, files. */
  readonly [what: string]: unknown
}

/** A run without a flag and the same run with it, and what is to be seen of both. */
export type FlagCase = {
  /** Words before the flag. */
  readonly args?: readonly string[]
  readonly flag: readonly string[]
  /** What stands in the flag's place without it; nothing unless given. */
  readonly instead?: readonly string[]
  /** The user's command. */
  readonly command?: readonly string[]
  readonly stdin?: Input
  readonly without: Seen
  readonly with: Seen
  /** How to look at what `out` and `exit` do not show. */
  readonly look?: (result: Result) => Readonly<Record<string, unknown>>
  /** How to run it, when it takes more than arguments and an input. */
  readonly run?: (t: ExecutionContext, args: readonly string[]) => Promise<Result>
}

/** A flag's name as in the help, `--no-x` and `--x` being two, to its case. */
export type FlagCases = Readonly<Record<string, FlagCase>>

/**
 * One generated test for each flag that only this command has, and one that asks whether every flag has a case. Flags that
 * are tested elsewhere (those of `map` in `breaker`) are left out.
 */
export const testOwnFlags = (
  name: string,
  { options = [] }: Definition,
  cases: FlagCases,
  elsewhere: readonly Option[] = [],
): void => {
  const known = elsewhere.map(nameOf)
  testFlags(
    name,
    options.map(nameOf).filter(flag => !known.includes(flag)),
    cases,
  )
}

/** One generated test for each common flag, on one command of a family. */
export const testCommonFlags = (name: string, define: () => Definition, cases: FlagCases): void => {
  const there = listOptions(define()).map(nameOf)
  const common = listCommonOptions().map(nameOf)
  test(`${name} has every common flag`, t => t.deepEqual(findLacking(common, there), []))
  testFlags(name, common, cases)
}

const testFlags = (name: string, flags: readonly string[], cases: FlagCases): void => {
  test(`every flag of ${name} has a test that shows what it does`, t => {
    t.deepEqual(findLacking(flags, Object.keys(cases)), [])
    t.deepEqual(findLacking(Object.keys(cases), flags), [], 'cases for flags that are not there')
  })
  for (const [flag, flagCase] of Object.entries(cases)) {
    test(`${name} ${flag} makes a difference`, t => compare(t, name, flag, flagCase))
  }
}

/** Which of the wanted names are not there. */
export const findLacking = (wanted: readonly string[], there: readonly string[]): string[] =>
  wanted.filter(name => !there.includes(name))

const compare = async (t: ExecutionContext, name: string, flag: string, tested: FlagCase): Promise<void> => {
  const { args = [], flag: words, instead = [], command } = tested
  t.true(
    words.some(word => word === flag),
    `${words.join(' ')} does not hold ${flag}`,
  )
  const run = tested.run ?? ((_, all) => streamz(t, all, { stdin: tested.stdin ?? '' }))
  const seen: Seen[] = []
  for (const part of [instead, words]) {
    const line = [...name.split(' '), ...args, ...part, ...(command === undefined ? [] : ['--', ...command])]
    const result = await run(t, line)
    seen.push({ out: String(result.stdout), exit: result.exitCode ?? -1, ...tested.look?.(result) })
  }
  const [without = {}, withIt = {}] = seen
  t.like(without, tested.without, 'without the flag')
  t.like(withIt, tested.with, 'with the flag')
  t.false(isDeepStrictEqual(without, withIt), 'the flag makes no difference')
}

const nameOf = (option: Option): string => option.long ?? option.short ?? option.flags

/** Kinds of the failure records on stderr or in a text. */
export const kindsIn = (text: string): string[] =>
  [...text.matchAll(/"error":\{"kind":"(\w+)"/g)].map(([, kind = '']) => kind)

/** How often each of them was tried. */
export const attemptsIn = (text: string): number[] =>
  [...text.matchAll(/"attempts":(\d+),"duration_ms"/g)].map(([, attempts]) => Number(attempts))

/** Shows the kinds of failures on stderr. */
export const lookAtKinds = ({ stderr }: Result) => ({ kinds: kindsIn(stderr) })
