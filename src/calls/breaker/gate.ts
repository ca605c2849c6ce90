import type { Admitted, Circuit } from '../../core/breaker/circuit.js'
import type { Judgement } from '../../core/breaker/judge.js'
import { nameState, type StateName, untilOf } from '../../core/breaker/state.js'
import type { Cancel, Clock } from '../../core/clock.js'
import { type Attempts, Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Line } from '../../core/lines.js'
import type { Stop } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import { joinSignals } from '../attempts/join-signals.js'
import { onAbort } from '../attempts/on-abort.js'
import { Refused } from '../attempts/refused.js'
import type { CallContext } from '../call.js'
import { createWaitingRoom, type Turn, type Waiter } from './waiting-room.js'

export type BreakerGateOptions = {
  readonly circuit: Circuit
  /** What becomes of a record while the circuit is open: it waits, it ends the run, or it fails. */
  readonly onOpen: 'pause' | 'fail' | 'reject'
  /** Milliseconds a record waits at most before the run is ended; 0: for ever. */
  readonly maxPause: number
  readonly clock: Clock
  /** Ends the run. */
  readonly stop: (reason: Stop) => void
  /** Aborted when nothing is waited for any more. */
  readonly stopping: AbortSignal
}

/** Where calls wait for their circuit. */
export type Gate = {
  readonly circuit: Circuit
  /** How many records are in here or out on a call. */
  readonly busy: number
  /** Settles when the record may be called. Rejects with `Refused`. `since`: when it first came here, in the clock's time. */
  enter(line: Line, context: CallContext, since: number, called: boolean): Promise<Admitted>
  /** The call that was admitted is over; with its result for the circuit. */
  leave(admission: Admitted, result: Judgement): void
  /**
   * Whether a record whose probe failed may wait and try again for nothing. Not when it failed twice in an opening in which
   * others succeeded: then it is the record, and it must not hold the circuit open.
   */
  isInnocent(line: Line): boolean
}

/** One circuit's gate: open, those who come wait outside their slots, and one of them at a time probes. */
export const createBreakerGate = (options: BreakerGateOptions): Gate => {
  const { circuit, onOpen, maxPause, clock, stop, stopping } = options
  const room = createWaitingRoom()
  let busy = 0
  // Somebody has been sent to ask for the probe and has no answer yet.
  let choosing = false
  // A probe has succeeded in this opening.
  let recovering = false
  let serving = false
  let again = false
  let cancelTimer: Cancel = () => {}

  const pass = async (line: Line, context: CallContext, since: number, called: boolean): Promise<Admitted> => {
    for (;;) {
      const asked = circuit.admit()
      const admission = asked instanceof Promise ? await asked : asked
      if (admission.kind === 'call') return admission
      if (admission.kind === 'wait' && mustNotWait()) throw refuse(called)
      const turn = await wait(line, context, since, called)
      if (turn === 'ask') continue
      const answer = await askForProbe(line)
      if (answer === undefined) continue
      if (!stopping.aborted) return answer
      circuit.settle(answer, 'cancelled', 0)
      throw new Refused(reasonOf(stopping), describeCircuit(circuit), called)
    }
  }

  // While a probe of this very process is out, its result is waited for: open is what comes after it.
  const mustNotWait = (): boolean => {
    const { machine, options } = circuit.breaker
    if (onOpen === 'reject') return true
    return onOpen === 'fail' && !(machine.state === 'half_open' && machine.lease?.by === options.by)
  }

  const refuse = (called: boolean): Refused => {
    const breaker = describeCircuit(circuit)
    if (onOpen === 'reject') {
      circuit.countRejected()
      const message = `Breaker ${breaker.name} is ${breaker.state.replace('_', ' ')}: no call was made`
      return new Refused(new Failure('breaker_open', 'transient', message), breaker, called)
    }
    const message = describeRefusal(circuit)
    stop({ exit: stopCodes.temporary, message })
    return new Refused(new Failure('cancelled', 'transient', message), breaker, called)
  }

  const wait = async (line: Line, { killing, slot }: CallContext, since: number, called: boolean): Promise<Turn> => {
    slot?.release()
    const giveUp = joinSignals([stopping, killing], reasonOf)
    let chosen = false
    try {
      const over = [killing, stopping].find(({ aborted }) => aborted)
      const turn = over === undefined ? await takeTurn(line, since, giveUp.signal) : { ended: reasonOf(over) }
      chosen = turn === 'probe'
      if (typeof turn === 'object') throw turn.ended
      await slot?.acquire(giveUp.signal)
      chosen = false
      return turn
    } catch (error) {
      if (error instanceof Failure) throw new Refused(error, describeCircuit(circuit), called)
      throw error
    } finally {
      giveUp.letGo()
      if (chosen) {
        choosing = false
        void serve()
      }
    }
  }

  const takeTurn = (line: Line, since: number, ended: AbortSignal): Promise<Turn> =>
    new Promise(resolve => {
      const go = (turn: Turn) => {
        cancel()
        resolve(turn)
      }
      const waiting: Waiter = { line, since, go }
      const cancel = onAbort(ended, () => {
        room.remove(waiting)
        resolve({ ended: reasonOf(ended) })
        void serve()
      })
      room.add(waiting)
      void serve()
    })

  const askForProbe = async (line: Line): Promise<Admitted | undefined> => {
    try {
      const answer = await circuit.probe()
      if (answer.kind === 'probe') room.noteProbe(line)
      return answer.kind === 'probe' || answer.kind === 'call' ? answer : undefined
    } finally {
      choosing = false
      void serve()
    }
  }

  /** Gives turns to those who wait, and sees to it that it is called again. */
  const serve = async (): Promise<void> => {
    again = serving
    if (serving) return
    serving = true
    do {
      again = false
      cancelTimer()
      endLongWaits()
      if (circuit.breaker.machine.state === 'closed') {
        room.forgetProbes()
        recovering = false
      }
      if (room.size === 0) break
      const asked = circuit.admit()
      const admission = asked instanceof Promise ? await asked : asked
      if (admission.kind === 'call') {
        for (const { go } of room.empty()) go('ask')
      } else if (admission.kind === 'wait' && mustNotWait()) {
        for (const { go } of room.empty()) go('ask')
      } else if (admission.kind === 'due' && !choosing) {
        const chosen = room.takeProbe()
        choosing = chosen !== undefined
        chosen?.go('probe')
      }
      if (room.size > 0) arm(admission.kind === 'wait' ? admission.until - circuit.wall() : 1000)
    } while (again)
    serving = false
  }

  const arm = (ms: number): void => {
    const look = circuit.lookEvery === 0 ? Infinity : circuit.lookEvery
    const rest = maxPause === 0 ? Infinity : room.longest() + maxPause - clock.now()
    cancelTimer()
    cancelTimer = clock.after(Math.max(0, Math.min(ms, look, rest)), () => void serve())
  }

  const endLongWaits = (): void => {
    if (maxPause === 0 || clock.now() - room.longest() < maxPause) return
    const message = `Paused for the ${formatDuration(maxPause)} of --max-pause: ${describeRefusal(circuit)}`
    for (const { go } of room.empty()) go({ ended: new Failure('cancelled', 'transient', message) })
    stop({ exit: stopCodes.temporary, message })
  }

  circuit.subscribe(() => void serve())
  return {
    circuit,
    get busy() {
      return busy
    },
    async enter(line, context, since, called) {
      busy++
      try {
        return await pass(line, context, since, called)
      } catch (error) {
        busy--
        throw error
      }
    },
    leave({ kind }, result) {
      busy--
      if (kind === 'probe' && result === 'ok') recovering = true
    },
    isInnocent: line => !recovering || room.countProbes(line) < 2,
  }
}

/** What failure records say about the circuit that kept a record from being called. */
const describeCircuit = ({ breaker: { machine, options } }: Circuit) => {
  const until = untilOf(machine)
  return {
    name: options.name,
    state: nameState(machine) satisfies StateName,
    since: new Date(machine.since).toISOString(),
    until: until === null ? null : new Date(until).toISOString(),
    reason: machine.reason,
  } satisfies Attempts['breaker']
}

const describeRefusal = (circuit: Circuit): string => {
  const { name, state, until } = describeCircuit(circuit)
  const due = until === null ? '' : `; the next probe is due at ${until}`
  return `Breaker ${name} is ${state.replace('_', ' ')}${due}`
}

const reasonOf = ({ reason }: AbortSignal): Failure =>
  reason instanceof Failure ? reason : new Failure('cancelled', 'transient', 'Cancelled while the breaker was open')
