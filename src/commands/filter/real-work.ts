import type { Rehearsal } from '../../cli/stream/stage.js'
import type { Lines } from '../../core/lines.js'
import type { Context, Processor } from '../../core/processor.js'

/** In the test of a job: a processor that really works, so that the fake time stands still while records are with it. */
export const createRealWork = (
  rehearsal: Rehearsal,
  context: Context,
  create: (context: Context) => Processor,
): Processor => {
  let open = 0
  let finish = () => {}
  const begin = (records: number): void => {
    if (open === 0 && records > 0) {
      void rehearsal.real(
        new Promise<void>(resolve => {
          finish = resolve
        }),
      )
    }
    open += records
  }
  const settle = (records: number): void => {
    open -= records
    if (open === 0) finish()
  }
  const processor = create({
    ...context,
    emit(lines, records = lines.length) {
      settle(records)
      return context.emit(lines, records)
    },
    filter(records, number) {
      settle(records)
      context.filter(records, number)
    },
    reject(...rejected) {
      settle(1)
      context.reject(...rejected)
    },
    giveBack(lines) {
      settle(lines.length)
      context.giveBack(lines)
    },
    leave:
      context.leave &&
      ((line, records) => {
        settle(records)
        context.leave?.(line, records)
      }),
  })
  const { start, end } = processor
  return {
    ...processor,
    ...(start === undefined ? {} : { start: () => rehearsal.real(Promise.resolve(start())) }),
    push(lines: Lines) {
      begin(lines.length)
      return processor.push(lines)
    },
    ...(end === undefined ? {} : { end: () => rehearsal.real(Promise.resolve(end())) }),
  }
}
