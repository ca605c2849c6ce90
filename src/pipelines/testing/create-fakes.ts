import { join, resolve } from 'node:path'
import { onEnd } from '../../calls/attempts/on-end.js'
import type { CallContext } from '../../calls/call.js'
import type { Rehearsal } from '../../cli/stream/stage.js'
import { type Clock, realClock } from '../../core/clock.js'
import type { Line } from '../../core/lines.js'
import { createRecordTest } from './match-record.js'
import type { Fake } from './read-fakes.js'

/** The calls of a step in a test. */
export type StepFakes = Rehearsal & {
  readonly calls: number
  /** Real work is under way, see `Rehearsal.real`. */
  readonly isBusy: boolean
  /** The step would have called, and there is no fake for it. */
  readonly isLacking: boolean
  /** Fakes that were used less often than they were to be, in words. */
  listUnused(): readonly string[]
}

/** `folder` takes what the step writes. */
export const createFakes = (fakes: readonly Fake[], clock: Clock, folder: string): StepFakes => {
  const fits = fakes.map(({ where }) => (where === undefined ? () => true : createRecordTest(where)))
  const used = fakes.map(() => 0)
  let calls = 0
  let running = 0
  let isLacking = false
  let isSlow = false

  const next = (line: Line | undefined): Fake | undefined => {
    const fitting = [...fakes.keys()].filter(at => fits[at]?.(line))
    const index = fitting.find(at => (used[at] ?? 0) < (fakes[at]?.times ?? 1)) ?? fitting.at(-1)
    if (index === undefined) return undefined
    used[index] = (used[index] ?? 0) + 1
    return fakes[index]
  }

  const fakeCall = async (context: CallContext, line?: Line): Promise<Buffer> => {
    calls++
    const fake = next(line)
    if (fake === undefined) {
      isLacking = true
      return Buffer.from('null')
    }
    const { answer, failure, ms } = fake
    const isEndless = answer === undefined && failure === undefined
    await new Promise<void>((resolve, reject) => {
      if (ms === 0 && !isEndless) return resolve()
      const forget = onEnd(context, reason => {
        cancel()
        reject(reason)
      })
      const answered = () => {
        forget()
        resolve()
      }
      const cancel = isEndless ? () => {} : clock.after(ms, answered)
    })
    if (answer === undefined) throw failure
    return Buffer.from(answer)
  }

  return {
    isFaked: fakes.length > 0,
    call: fakeCall,
    // By its whole path: none leads out of the folder.
    move: path => join(folder, 'files', resolve(path)),
    async real(work) {
      running++
      const cancel = realClock.after(longestWork, () => {
        isSlow = true
      })
      try {
        return await work
      } finally {
        cancel()
        running--
      }
    },
    get calls() {
      return calls
    },
    get isBusy() {
      return running > 0 && !isSlow
    },
    get isLacking() {
      return isLacking
    },
    listUnused: () =>
      fakes.flatMap(({ times, place }, index) => {
        const count = used[index] ?? 0
        const wanted = times ?? 1
        return count >= wanted ? [] : [`the fake of line ${place.line} was used ${count} of ${wanted} times`]
      }),
  }
}

// A script that takes longer may be one that never ends: from then on its timeout can come.
const longestWork = 10_000
