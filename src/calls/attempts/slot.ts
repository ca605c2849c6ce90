/** The slot among the running calls that a record gives up while it waits. */
export type Slot = {
  release(): void
  /**
   * Settles when there is room again; `asRetry`: within the budget for retries, from now on. Rejects at once when the signal is
   * aborted, and then holds no place.
   */
  acquire(signal: AbortSignal, asRetry?: boolean): Promise<void>
}
