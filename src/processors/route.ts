import { compileExpressions } from '../core/expressions/compile.js'
import type { Expression } from '../core/expressions/parse.js'
import { Failure } from '../core/failure.js'
import type { Receipt } from '../core/io/output.js'
import { joinWaits } from '../core/join-waits.js'
import { parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import type { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { HeldRecords } from './route/held-records.js'
import { TargetSets } from './route/target-sets.js'

/** Where the records of a route go. */
export type Target = {
  /** Takes consecutive lines; they are copied. */
  put(lines: Lines, receipt?: Receipt): void
  /** A command: whether it has done its work is known at its end, and no receipt is told. */
  readonly isKnownLate: boolean
  /** Sends what was put on its way; a promise asks to hold back. */
  flush?(): void | Promise<void>
}

export type RouteOptions = {
  readonly routes: readonly { readonly name: string; readonly expression: Expression; readonly target: Target }[]
  /** Send a record to every target that matches, not only to the first. */
  readonly all: boolean
  /** What to do with a record that matches nothing. */
  readonly unmatched: 'stdout' | 'drop' | 'fail'
  /** The outcome of records that were put into more than one target, or into one that is known late. */
  readonly taken: Receipt
  readonly start: () => void
  /** Ends all targets; settles when they have ended, with whether each of those that are known late has done its work. */
  readonly finish: () => Promise<(target: number) => boolean>
}

/**
 * Sends each record to the target of the first expression that it matches, or of all of them. Rejects a line that is not valid
 * JSON as `parse`, and with `unmatched: 'fail'` a record that matches nothing as `unmatched`.
 */
export const createRoute: CreateProcessor<RouteOptions> = (options, context) => {
  const { routes, all, unmatched, taken, start, finish } = options
  const { paths, tests } = compileExpressions(routes.map(({ expression }) => expression))
  const targets = routes.map(({ target }) => target)
  const rows = new Rows(paths)
  const { good, starts, ends, width } = rows
  const sets = new TargetSets(targets.length)
  const held = new HeldRecords()
  const names = routes.map(({ name }) => name).join(', ')

  /** The number of a set of targets, or what else becomes of a line. */
  const choose = (lines: Lines, index: number): number => {
    const row = rows.find(lines, index)
    if (good[row] === 0) {
      const line = lines.at(index)
      context.reject(line, parseFailure(line))
      return gone
    }
    const base = row * width
    if (!all) {
      for (let route = 0; route < tests.length; route++) {
        if (tests[route]?.(lines.bytes, starts, ends, base)) return route
      }
      return refuse(lines, index)
    }
    const matching: number[] = []
    for (const [route, matches] of tests.entries()) if (matches(lines.bytes, starts, ends, base)) matching.push(route)
    return matching.length === 0 ? refuse(lines, index) : sets.find(matching)
  }

  const refuse = (lines: Lines, index: number): number => {
    if (unmatched === 'stdout') return onward
    const number = lines.number + index
    if (unmatched === 'drop') context.filter(1, number)
    else
      context.reject(lines.at(index), new Failure('unmatched', 'input', `Line ${number} matches no route (${names})`))
    return gone
  }

  const put = (set: number, lines: Lines): void => {
    const members = sets.at(set)
    const files = members.filter(target => targets[target]?.isKnownLate === false)
    for (const target of members) if (targets[target]?.isKnownLate) targets[target].put(lines)
    if (files.length === 0) return held.add(set, lines)
    const [file] = files
    if (members.length === 1 && file !== undefined) return targets[file]?.put(lines)
    const receipt = joinReceipts(files.length, isTaken => {
      if (!isTaken) taken.lost(lines.length, lines.number, lines.file)
      else if (files.length < members.length) held.add(set, lines)
      else taken.delivered(lines.length, lines.length * members.length)
    })
    for (const target of files) targets[target]?.put(lines, receipt)
  }

  const flush = (emitted: void | Promise<void>): void | Promise<void> => {
    let waiting = emitted
    for (const target of targets) waiting = joinWaits(waiting, target.flush?.())
    return waiting
  }

  return {
    holdsNothing: true,
    start,
    push(lines) {
      let emitted = undefined as void | Promise<void>
      let from = 0
      let before = gone
      const hand = (until: number) => {
        if (before === onward) emitted = joinWaits(emitted, context.emit(lines.slice(from, until)))
        else if (before !== gone) put(before, lines.slice(from, until))
      }
      for (let index = 0; index < lines.length; index++) {
        const next = choose(lines, index)
        if (next !== before) {
          if (from < index) hand(index)
          from = index
          before = next
        } else if (next !== gone) continue
        if (!context.stopping.aborted) continue
        // An output failed, or too many records did. Records that were rejected or written are settled; the rest is given back.
        hand(index + 1)
        context.giveBack(lines.slice(index + 1))
        return flush(emitted)
      }
      hand(lines.length)
      return flush(emitted)
    },
    async end() {
      const isDone = await finish()
      held.settle(
        set => sets.at(set).every(target => targets[target]?.isKnownLate === false || isDone(target)),
        set => sets.at(set).length,
        taken,
      )
    },
  }
}

const onward = -1
const gone = -2

/** A receipt that is told so many times; then it tells whether it was good news every time. */
const joinReceipts = (count: number, settle: (isTaken: boolean) => void): Receipt => {
  let left = count
  let isTaken = true
  const tell = (isGood: boolean) => {
    isTaken &&= isGood
    if (--left === 0) settle(isTaken)
  }
  return { delivered: () => tell(true), lost: () => tell(false) }
}
