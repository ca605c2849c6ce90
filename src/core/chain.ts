import { Lines } from './lines.js'
import type { Context, Processor } from './processor.js'

/** Several processors as one: what one emits, the next is given; a hold of the last holds back the first. */
export const chain =
  (...creates: readonly ((context: Context) => Processor)[]): ((context: Context) => Processor) =>
  context => {
    const last = creates.length - 1
    if (last < 0) return { push: lines => context.emit(lines) }
    // Made from the end, so that each knows whom it emits to.
    let next: Stage | undefined
    let failures: Processor['failures']
    for (const [index, create] of [...creates.entries()].reverse()) {
      next = createStage(create, context, index === last ? undefined : next)
      failures = next.failures ?? failures
    }
    const first = next as Stage
    return {
      start: () => first.start(),
      push: lines => first.accept(lines),
      end: () => first.finish(),
      // The first stage that wants them takes them; the others are passed by.
      ...(failures === undefined ? {} : { failures }),
    }
  }

type Stage = {
  start(): Promise<void>
  accept(lines: Lines): void | Promise<void>
  finish(): Promise<void>
  readonly stopped: boolean
  readonly failures: Processor['failures']
}

const createStage = (create: (context: Context) => Processor, outer: Context, next: Stage | undefined): Stage => {
  let givenBack = Lines.none
  let stopped = false
  let running: Promise<void> | undefined
  const waiting: Lines[] = []
  const stopping = new AbortController()
  const killing = new AbortController()
  const follow = (signal: AbortSignal, controller: AbortController) => {
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  }
  follow(outer.stopping, stopping)
  follow(outer.killing, killing)

  const processor = create({
    ...outer,
    clock: outer.clock,
    stopping: stopping.signal,
    killing: killing.signal,
    emit(lines, records) {
      if (next === undefined) return outer.emit(lines, records)
      if (next.stopped) return
      const held = next.accept(lines)
      if (next.stopped) stop()
      return held
    },
    reject(line, failure, attempts) {
      // What is cut off because a later stage has enough was never asked for.
      if (!(next?.stopped && failure.kind === 'cancelled')) outer.reject(line, failure, attempts)
    },
    giveBack(lines) {
      givenBack = lines
    },
    stop(reason) {
      stopped = true
      outer.stop(reason)
    },
  })

  const stop = () => {
    if (stopped) return
    stopped = true
    stopping.abort()
    killing.abort()
    outer.stop()
  }

  /** Pushes until nothing waits or the processor asks to hold back. */
  const drain = (): void | Promise<void> => {
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      if (stopped) break
      givenBack = Lines.none
      const pushed = processor.push(lines)
      if (givenBack.length > 0 && !stopped) waiting.unshift(givenBack)
      if (pushed !== undefined) return pushed.then(drain)
    }
    // At once: what is accepted before the promise has told everybody must not be left lying.
    running = undefined
  }

  return {
    async start() {
      await processor.start?.()
      await next?.start()
    },
    get stopped() {
      return stopped
    },
    failures: processor.failures === undefined ? undefined : lines => processor.failures?.(lines),
    accept(lines) {
      if (lines.length > 0) waiting.push(lines)
      if (running !== undefined) return running
      running = drain() ?? undefined
      return running
    },
    async finish() {
      while (running !== undefined) await running
      await processor.end?.()
      await next?.finish()
    },
  }
}
