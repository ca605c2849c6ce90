/** What a change asks for: `value` is written unless it is undefined, `result` is what `update` returns. */
export type Change<R> = {
  readonly value?: unknown
  /** Must survive a power loss: for what may not be forgotten, a transition; figures can do without. */
  readonly durable?: boolean
  readonly result: R
}

export type UpdateOptions = {
  /** How long to wait for others, milliseconds (2,000). */
  readonly timeout?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A store for one small value, a JSON object, shared by all processes that opened the same place.
 * Everything may fail with a StoreError, whose `code` says why.
 */
export type Store = {
  /** The value; undefined if there is none yet. */
  read(): Promise<unknown>
  /**
   * Reads, changes and writes while no other process does. `change` may be called again when another process was faster, so it must
   * do nothing but compute. `busy` when the others did not let us in time: nothing was written then.
   */
  update<R>(change: (value: unknown) => Change<R>, options?: UpdateOptions): Promise<R>
  /** True when another process changed the value since we last read or wrote it. Cheap: for asking often. */
  changed(): boolean | Promise<boolean>
  /** The time that everybody who shares this place goes by, milliseconds since 1970; a host's own clock may be wrong. */
  wall(): number
}
