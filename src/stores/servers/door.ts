/** Where questions wait until a connection is there. */
export type Door = {
  /** Resolves at the next `open`, rejects at the next `refuse`. */
  wait(): Promise<void>
  open(): void
  refuse(error: unknown): void
}

/** A door that is closed until it is opened; who asks while it is open does not wait. */
export const createDoor = (): Door => {
  let waiting: { resolve: () => void; reject: (error: unknown) => void }[] = []
  const letGo = () => {
    const all = waiting
    waiting = []
    return all
  }
  return {
    wait: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    open() {
      for (const { resolve } of letGo()) resolve()
    },
    refuse(error) {
      for (const { reject } of letGo()) reject(error)
    },
  }
}
