import type { Rejected } from '../../core/envelope.js'
import type { FailureSink } from '../../core/stage.js'
import type { Messages } from '../messages.js'
import { quoteForShell } from './end-report.js'
import { type Guess, guessInput } from './guess-input.js'

/** The first line of an input says what all of it is: later ones may be single bad records. */
const beginning = 1

/** Says once, when lines turn out not to be JSON, what the input seems to be and how to make records of it. */
export const createInputHint = ({ note }: Messages) => {
  let hint: string | undefined
  let seen = 0

  const look = ({ line, failure }: Rejected): void => {
    if (failure.kind !== 'parse') return
    seen++
    if (hint !== undefined) return
    const guess = guessInput(line.bytes, failure.facts.column ?? 1, line.number <= beginning)
    if (guess === undefined) return
    hint = describe(guess, line.file)
    note(hint)
  }

  return {
    /** Looks at what goes into a sink. */
    watch: (sink: FailureSink): FailureSink => ({
      put(rejected, receipt) {
        const held = sink.put(rejected, receipt)
        look(rejected)
        return held
      },
      flush: sink.flush,
    }),
    /** Says it again at the end, when it has scrolled away. */
    repeat() {
      if (hint !== undefined && seen > 1) note(hint)
    },
  }
}

const describe = ({ what, convert, advice }: Guess, file: string | undefined): string => {
  const how =
    convert === undefined
      ? advice
      : file === undefined
        ? `… | ${convert.replace(/ FILE$/, '')} | streamz …`
        : `${convert.replace(/FILE$/, quoteForShell(file))} | streamz …`
  return `The input looks like ${what}; a record is one JSON value on one line: ${how}`
}
