import { formatCount } from '../../cli/format.js'
import { UsageError } from '../../cli/usage-error.js'
import { readStage, stageFields } from '../../core/dead-letters/stage.js'
import { readReplays } from '../../core/dead-letters/update.js'
import { createNumberList } from '../../core/tables/number-list.js'
import type { DeadLetterIndex, Marking } from '../../stores/dead-letters/index-file.js'
import { count } from './entries.js'
import type { Selection } from './select.js'

/** Which stages the entries that are meant failed in. */
export type Stages = Marking & {
  /** The stages of the entries that would be called, with how many there are of each. */
  count(index: DeadLetterIndex): ReadonlyMap<string, number>
  /** How often an entry was replayed before, by the line that counts for it. */
  replaysAt(index: DeadLetterIndex, line: number): number
}

/** Marks entries that are meant by the number of their stage; those that were replayed so often already have a mark of their own. */
export const createStages = (selection: Selection, maxReplays: number): Stages => {
  const names: string[] = []
  const replaysByLine = createNumberList()
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    const number = Math.min(names.length + 1, exhausted - 1)
    names[number - 1] ??= name
    numbers.set(name, number)
    return number
  }
  return {
    fields: [...selection.fields, ...stageFields, 'replays'],
    where: selection.where,
    mark(reader, bytes, line) {
      if (!selection.matches(reader)) return 0
      const replays = readReplays(reader, bytes)
      replaysByLine.set(line, replays)
      return replays < maxReplays ? numberOf(readStage(reader)) : exhausted
    },
    count(index) {
      const found = new Map<string, number>()
      for (let line = 1; line <= index.lastLine; line++) {
        const name = names[index.markAt(line) - 1]
        if (name !== undefined && index.stateAt(line) === 'waiting') found.set(name, (found.get(name) ?? 0) + 1)
      }
      return found
    },
    replaysAt: (index, line) => Math.max(replaysByLine.at(line), index.chargedAt(line)),
  }
}

const exhausted = 255

/** One command must not be given the failures of another stage, and mark them done: throws a UsageError with the list. */
export const refuseSeveralStages = (path: string, stages: ReadonlyMap<string, number>): void => {
  if (stages.size < 2) return
  const list = [...stages]
    .sort(([, one], [, other]) => other - one)
    .map(([name, number]) => `  ${count(number, 'entry')}: --stage ${JSON.stringify(name)}`)
  throw new UsageError(
    `${path} has entries of ${formatCount(stages.size)} stages, and this command would be called for all of them:\n${list.join('\n')}\nUse one of these, or --any-stage if the command is right for all of them`,
  )
}
