import type { Admitted, Circuit } from '../../core/breaker/circuit.js'
import { describeWait } from '../../core/breaker/describe.js'
import type { Judgement } from '../../core/breaker/judge.js'
import { nameState, type StateName, untilOf } from '../../core/breaker/state.js'
import type { Cancel, Clock } from '../../core/clock.js'
import { type Attempts, Failure } from '../../core/failure.js'
import { formatLocal } from '../../core/format-moment.js'
import type { Line } from '../../core/lines.js'
import type { Stop } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import type { Others } from '../attempts/guard.js'
import { joinSignals } from '../attempts/join-signals.js'
import { onAbort } from '../attempts/on-abort.js'
import type { HoldUp, Patience } from '../attempts/patience.js'
import { Refused } from '../attempts/refused.js'
import type { CallContext } from '../call.js'
import { createWaitingRoom, type Turn, type Waiter } from './waiting-room.js'

export type BreakerGateOptions = {
  readonly circuit: Circuit
  /** What to do with a record while the circuit is open: wait, end the run, or reject it. */
  readonly onOpen: 'pause' | 'fail' | 'reject'
  /** Ends the run when records wait too long. */
  readonly patience: Patience
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
  /**
   * Settles when the record may be called. Rejects with `Refused`. `others`: asked before the lease for a probe is, which must not lie idle.
   */
  enter(line: Line, context: CallContext, others?: Others): Promise<Admitted>
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
  const { circuit, onOpen, patience, clock, stop, stopping } = options
  const room = createWaitingRoom()
  let busy = 0
  // A record was sent to ask for the probe and has no answer yet.
  let choosing = false
  // A probe has succeeded in this opening.
  let recovering = false
  let serving = false
  let again = false
  let cancelTimer: Cancel = () => {}

  const pass = async (line: Line, context: CallContext, others: Others | undefined): Promise<Admitted> => {
    for (;;) {
      const asked = circuit.admit()
      const admission = asked instanceof Promise ? await asked : asked
      if (admission.kind === 'call') return admission
      if (admission.kind === 'wait' && mustNotWait()) throw refuse()
      others?.stepAside()
      const turn = await wait(line, context)
      if (turn === 'ask') continue
      const answer = await askForProbe(line, others)
      if (answer === undefined) continue
      if (!stopping.aborted) return answer
      circuit.settle(answer, 'cancelled', 0)
      throw new Refused(reasonOf(stopping), describeCircuit(circuit))
    }
  }

  // While a probe of this very process is out, its result is waited for: open is what comes after it.
  const mustNotWait = (): boolean => {
    const { machine, options } = circuit.breaker
    if (onOpen === 'reject') return true
    return onOpen === 'fail' && !(machine.state === 'half_open' && machine.lease?.by === options.by)
  }

  const refuse = (): Refused => {
    const breaker = describeCircuit(circuit)
    if (onOpen === 'reject') {
      circuit.countRejected()
      const message = `Breaker ${breaker.name} is ${breaker.state.replace('_', ' ')}: no call was made`
      return new Refused(new Failure('breaker_open', 'transient', message), breaker)
    }
    const message = describeRefusal(circuit)
    stop({ exit: stopCodes.temporary, message })
    return new Refused(new Failure('cancelled', 'transient', message), breaker)
  }

  const wait = async (line: Line, { killing, slot }: CallContext): Promise<Turn> => {
    slot?.release()
    const giveUp = joinSignals([stopping, killing], reasonOf)
    let chosen = false
    try {
      const over = [killing, stopping].find(({ aborted }) => aborted)
      const turn = over === undefined ? await takeTurn(line, giveUp.signal) : { ended: reasonOf(over) }
      chosen = turn === 'probe'
      if (typeof turn === 'object') throw turn.ended
      await slot?.acquire(giveUp.signal)
      chosen = false
      return turn
    } catch (error) {
      if (error instanceof Failure) throw new Refused(error, describeCircuit(circuit))
      throw error
    } finally {
      giveUp.letGo()
      if (chosen) {
        choosing = false
        void serve()
      }
    }
  }

  const heldUp: HoldUp = {
    until: () => undefined,
    describe: () => `No call succeeded for the time of --max-pause: ${describeRefusal(circuit)}`,
    // How long a probe takes is not known.
    due: () =>
      circuit.breaker.machine.state === 'half_open' ? undefined : (untilOf(circuit.breaker.machine) ?? undefined),
    tell: () => describeWait(circuit.breaker, circuit.wall()),
  }

  const takeTurn = (line: Line, ended: AbortSignal): Promise<Turn> =>
    new Promise(resolve => {
      let letGo: Cancel | undefined
      let waits = true
      const go = (turn: Turn) => {
        waits = false
        cancel()
        letGo?.()
        resolve(turn)
      }
      const waiting: Waiter = { line, go }
      const cancel = onAbort(ended, () => {
        room.remove(waiting)
        go({ ended: reasonOf(ended) })
        void serve()
      })
      room.add(waiting)
      // This may be one too many, and end the run.
      letGo = patience.hold(heldUp)
      if (!waits) letGo()
      void serve()
    })

  const askForProbe = async (line: Line, others: Others | undefined): Promise<Admitted | undefined> => {
    try {
      await others?.ready()
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
    cancelTimer()
    cancelTimer = clock.after(Math.max(0, Math.min(ms, look)), () => void serve())
  }

  circuit.subscribe(() => {
    if (room.size > 0) patience.look()
    void serve()
  })
  return {
    circuit,
    get busy() {
      return busy
    },
    async enter(line, context, others) {
      busy++
      try {
        return await pass(line, context, others)
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
  const { name, state } = describeCircuit(circuit)
  const until = untilOf(circuit.breaker.machine)
  const due = until === null ? '' : `; the next probe is due at ${formatLocal(until, circuit.wall())}`
  return `Breaker ${name} is ${state.replace('_', ' ')}${due}`
}

const reasonOf = ({ reason }: AbortSignal): Failure =>
  reason instanceof Failure ? reason : new Failure('cancelled', 'transient', 'Cancelled while the breaker was open')
