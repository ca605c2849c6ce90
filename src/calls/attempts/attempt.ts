import type { Cancel } from '../../core/clock.js'
import type { CallContext } from '../call.js'
import { onAbort } from './on-abort.js'
import type { Slot } from './slot.js'

/** What the attempts of a record have in common. */
export type RecordContext = {
  /** Aborted when the running attempt must end too. */
  readonly killing: AbortSignal
  /** Aborted when nothing is waited for any more, while a running attempt may go on; `killing` unless given. */
  readonly stopping?: AbortSignal
  readonly id: string
  /** Its place among the records, in the order of the input. */
  readonly order?: number
  /** Freed while the record waits. When its promise rejects it may be free: see `Slot`. */
  readonly slot?: Slot | undefined
  /** Keeps it while it waits for the next try. */
  readonly keepsSlot?: boolean
}

/**
 * One try at the call of a record. Its `AbortSignal` is made only when somebody asks for it: one with a listener costs more
 * than all the rest of a request over a kept-alive connection.
 */
export class Attempt implements CallContext {
  /** True once a call was made that counts: not while it waits before the first one, and not one that was refused. */
  called = false
  ended = false
  /** The service that answered the call, and how many milliseconds it wants no further call. */
  answeredBy: string | undefined
  asksToWait: number | undefined
  /** The service that refused it last. */
  refusedBy: string | undefined
  /** Its cost in each of the rates. */
  costs: readonly number[] | undefined
  /** When it may be sent by rates that others keep too, in milliseconds of the wall clock. */
  dueAt: number | undefined
  private callback: ((reason: unknown) => void) | undefined
  private controller: AbortController | undefined
  private reason: unknown
  private readonly letGo: Cancel

  constructor(
    private readonly record: RecordContext,
    killing: AbortSignal,
    readonly attempt: number,
    /** Its place among those that wait. */
    readonly order: number,
  ) {
    this.letGo = onAbort(killing, () => this.end(killing.reason))
  }

  /** Computed only when needed: a hash costs more than a fast call. */
  get id(): string {
    return this.record.id
  }

  get slot(): Slot | undefined {
    return this.record.slot
  }

  get killing(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.ended) this.controller.abort(this.reason)
    }
    return this.controller.signal
  }

  onEnd(callback: (reason: unknown) => void): Cancel {
    if (this.ended) callback(this.reason)
    // One call listens at a time: a second one does it the common way.
    else if (this.callback !== undefined) return onAbort(this.killing, () => callback(this.reason))
    else this.callback = callback
    return () => {
      if (this.callback === callback) this.callback = undefined
    }
  }

  /** Told by the call who answered it and for how long they want no other, if they say so. */
  answered(by: string, asksToWait: number | undefined): void {
    this.answeredBy = by
    this.asksToWait = asksToWait
  }

  /** Ends it with a reason, which is what the call rejects with. */
  end(reason: unknown): void {
    if (this.ended) return
    this.ended = true
    this.reason = reason
    this.controller?.abort(reason)
    this.callback?.(reason)
  }

  /** It has settled: nothing can end it any more. */
  close(): void {
    this.letGo()
  }
}
