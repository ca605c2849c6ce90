import { onEnd } from '../../calls/attempts/on-end.js'
import type { Call } from '../../calls/call.js'
import { readOutput } from '../../calls/read-output.js'
import type { Clock } from '../../core/clock.js'
import type { Step } from '../file/read-step.js'
import type { Fake } from './read-fakes.js'

/** The calls of a step in a test. */
export type StepFakes = {
  choose(make: () => Call, runsHere: boolean): Call
  readonly calls: number
  /** Real calls, of scripts, that have not come back. */
  readonly running: number
  /** The step would have called, and there is no fake for it. */
  readonly isLacking: boolean
  /** Fakes that were used less often than they were to be, in words. */
  listUnused(): readonly string[]
}

export const createFakes = ({ words }: Step, fakes: readonly Fake[], clock: Clock): StepFakes => {
  const used = fakes.map(() => 0)
  const has = (flag: string) => words.flags.includes(flag)
  const shape = { multi: has('--multi'), raw: has('--raw'), pass: has('--pass') }
  let calls = 0
  let running = 0
  let isLacking = false

  const next = (): Fake | undefined => {
    const at = fakes.findIndex(({ times }, index) => (used[index] ?? 0) < (times ?? 1))
    const index = at === -1 ? fakes.length - 1 : at
    if (index >= 0) used[index] = (used[index] ?? 0) + 1
    return fakes[index]
  }

  const fakeCall: Call = async (_, context) => {
    calls++
    const fake = next()
    if (fake === undefined) {
      isLacking = true
      return []
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
    return readOutput(Buffer.from(answer), shape)
  }

  return {
    choose(make, runsHere) {
      if (!runsHere) return fakeCall
      if (fakes.length > 0) return fakeCall
      const call = make()
      return async (line, context) => {
        calls++
        running++
        try {
          return await call(line, context)
        } finally {
          running--
        }
      }
    },
    get calls() {
      return calls
    },
    get running() {
      return running
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
