import { compileExpressions } from '../../core/expressions/compile.js'
import type { Expression } from '../../core/expressions/parse.js'
import { joinWaits } from '../../core/join-waits.js'
import { parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Lines } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'

/** A branch that takes the records for which `where` is true; without one it is the last, and takes all that are left. */
export type Branch = {
  readonly name: string
  readonly where: Expression | undefined
  /** Its records are dropped. */
  readonly isDropped: boolean
}

/**
 * Sends each record to the first branch that it matches; what matches none is emitted. Those that are not dropped are
 * `Context.branches`, in order. Rejects a line that is not valid JSON as `parse`.
 */
export const createBranches: CreateProcessor<readonly Branch[]> = (branches, context) => {
  const { paths, tests } = compileExpressions(branches.flatMap(({ where }) => where ?? []))
  const rest = branches.findIndex(({ where }) => where === undefined)
  const rows = new Rows(paths)
  const { good, starts, ends, width } = rows
  const emits = context.branches ?? []
  const ways = branches.filter(({ isDropped }) => !isDropped)
  const counts = branches.map(() => 0)

  const choose = (lines: Lines, index: number): number => {
    const row = rows.find(lines, index)
    if (good[row] === 0) return broken
    for (const [branch, matches] of tests.entries()) if (matches(lines.bytes, starts, ends, row * width)) return branch
    return rest === -1 ? onward : rest
  }

  const hand = (way: number, lines: Lines): void | Promise<void> => {
    if (way === onward) return context.emit(lines)
    if (way === broken) {
      for (const line of lines) context.reject(line, parseFailure(line))
      return
    }
    const branch = branches[way] as Branch
    counts[way] = (counts[way] ?? 0) + lines.length
    if (branch.isDropped) return context.filter(lines.length)
    return emits[ways.indexOf(branch)]?.(lines)
  }

  return {
    holdsNothing: true,
    push(lines) {
      let waiting = undefined as void | Promise<void>
      let from = 0
      let way = lines.length === 0 ? onward : choose(lines, 0)
      for (let index = 1; index <= lines.length; index++) {
        const next = index === lines.length ? undefined : choose(lines, index)
        if (next === way && way !== broken) continue
        waiting = joinWaits(waiting, hand(way, lines.slice(from, index)))
        if (next === undefined) break
        // A branch that is busy holds back the others: else their records would be ahead of its own by as much as was read.
        if (waiting !== undefined || context.stopping.aborted) {
          context.giveBack(lines.slice(index))
          break
        }
        from = index
        way = next
      }
      return waiting
    },
    end() {
      context.event('told', { branches: Object.fromEntries(branches.map(({ name }, index) => [name, counts[index]])) })
    },
  }
}

const onward = -1
const broken = -2
