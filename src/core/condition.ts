/** One who waits for a condition, and the others who make it true. */
export type Condition = {
  /** Settles once the condition holds; undefined when it does already. One waits at a time. */
  until(condition: () => boolean): void | Promise<void>
  /** To be called whenever the condition may hold from now on. */
  wake(): void
}

export const createCondition = (): Condition => {
  let look = () => {}
  return {
    until(condition) {
      if (condition()) return
      return new Promise<void>(resolve => {
        look = () => {
          if (!condition()) return
          look = () => {}
          resolve()
        }
      })
    },
    wake: () => look(),
  }
}
