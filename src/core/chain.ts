import { Failure } from './failure.js'
import { joinWaits } from './join-waits.js'
import type { Context, Processor } from './processor.js'
import { createStage, type DrivenStage, type Outlet, type StageFrame, type StageOptions } from './stage.js'

/** Stages in sequence; the last one emits to the outlet. */
export type Chain = {
  readonly first: DrivenStage
  readonly stages: readonly DrivenStage[]
  /** True: when a push has returned, only emitted lines still refer to its bytes. */
  readonly holdsNothing: boolean
  /** True if a stage accepts more input while the output is full. */
  readonly readsAhead: boolean
  /** True if a stage takes the failure records of earlier programs. */
  readonly takesFailures: boolean
  isIdle(): boolean
  start(): Promise<void>
  /** Ends the stages from first to last: when it settles, all held lines are emitted. */
  finish(): Promise<void>
}

/**
 * Connects one or more stages: each emits to the next, or to its branches, and back-pressure of the last ones reaches the first.
 */
export const connect = (options: readonly StageOptions[], frame: StageFrame, outlet: Outlet): Chain => {
  const stages = connectLine(options, frame, outlet)
  const [first] = stages
  if (first === undefined) throw new Error('A chain has at least one stage')
  return {
    first,
    stages,
    holdsNothing: stages.every(({ processor }) => processor.holdsNothing === true),
    readsAhead: stages.some(({ processor }) => processor.readsAhead === true),
    takesFailures: stages.some(({ processor }) => processor.failures !== undefined),
    isIdle: () => stages.every(({ isIdle }) => isIdle),
    async start() {
      for (const { processor } of stages) await processor.start?.()
    },
    async finish() {
      for (const stage of stages) {
        await stage.finish()
        stage.discard()
      }
    },
  }
}

/** A stage, and whatever takes its records. */
type Link = { readonly stage: DrivenStage; readonly takers: readonly Outlet[] }

/** Stages one behind the other. Those of branches come right after the stage that they branch off. */
const connectLine = (options: readonly StageOptions[], frame: StageFrame, outlet: Outlet): readonly DrivenStage[] => {
  let links: readonly Link[] = []
  let all: readonly DrivenStage[] = []
  /** Releases the stages up to this one, from last to first, as long as nobody needs what they emit. */
  const release = (from: number): void => {
    for (const { stage, takers } of links.slice(0, from + 1).toReversed()) {
      if (!takers.every(({ isFull }) => isFull)) return
      stage.release()
    }
    frame.enough()
  }
  // Created from the last to the first, so that each knows its targets.
  let next = outlet
  for (const [at, one] of [...options.entries()].toReversed()) {
    const { branches: own = [], passesNone = false } = one
    const isBehindBranches = frame.isBehindBranches || options.slice(0, at).some(({ branches }) => branches?.length)
    const lines = own.map(branch =>
      connectLine(branch.stages, { ...frame, isBehindBranches: true, enough: () => release(at) }, branch.outlet),
    )
    const branches = own.map((branch, number) => lines[number]?.[0] ?? branch.outlet)
    const here = { ...frame, isBehindBranches: isBehindBranches === true, enough: () => release(at - 1) }
    const stage = createStage(one, here, next, branches)
    links = [{ stage, takers: passesNone ? branches : [next, ...branches] }, ...links]
    all = [stage, ...lines.flat(), ...all]
    next = stage
  }
  return all
}

/** Combines several processors into one: each emits to the next, and back-pressure of the last one reaches the first. */
export const chain =
  (...creates: readonly ((context: Context) => Processor)[]): ((context: Context) => Processor) =>
  context => {
    if (creates.length === 0) return { push: lines => context.emit(lines) }
    let holding: void | Promise<void>
    let isOver = false
    const failures = {
      put: ({ line, failure, attempts }: Parameters<StageOptions['failures']['put']>[0]) =>
        context.reject(line, failure, attempts),
      flush() {},
    }
    const { first, stages, takesFailures, start, finish } = connect(
      creates.map(create => ({ create, failures, event: context.event })),
      {
        clock: context.clock,
        isOver: () => isOver,
        enough: () => context.stop(),
        stop: context.stop,
        tooManyFailures() {},
        hold(promise) {
          holding = joinWaits(holding, promise)
        },
        isAbandoned: () => false,
      },
      {
        isFull: false,
        accept: (lines, records) => context.emit(lines, records),
        pass: lines => context.emit(lines, 0),
      },
    )
    const follow = (signal: AbortSignal, act: (reason: Failure) => void) => {
      const tell = () => act(reasonOf(signal))
      if (signal.aborted) tell()
      else signal.addEventListener('abort', tell, { once: true })
    }
    follow(context.stopping, reason => {
      isOver = true
      for (const stage of stages) stage.stopWaiting(reason)
    })
    follow(context.killing, reason => {
      for (const stage of stages) stage.kill(reason)
    })
    return {
      start,
      async push(lines) {
        first.add({ kind: 'records', lines })
        await first.drain()
        const waiting = holding
        holding = undefined
        await waiting
      },
      end: finish,
      ...(takesFailures ? { failures: lines => first.pass(lines, first.ledger) } : {}),
    }
  }

const reasonOf = ({ reason }: AbortSignal): Failure =>
  reason instanceof Failure ? reason : new Failure('cancelled', 'transient', 'Cancelled')
