import type { Failure } from '../failure.js'

/** Failures of one sort: how many, and the newest of them. */
export type SeenError = {
  readonly kind: string
  readonly status?: number
  readonly exit?: number
  /** Wall clock milliseconds of the newest. */
  time: number
  message: string
  n: number
}

/** Notes a failure; the sort not seen for the longest time leaves. */
export const noteError = (errors: SeenError[], now: number, failure: Failure): void => {
  const { status, exit } = failure.facts
  add(errors, {
    kind: failure.kind,
    ...(status === undefined ? {} : { status }),
    ...(exit === undefined ? {} : { exit }),
    time: now,
    message: cut(failure.message),
    n: 1,
  })
}

/** Adds what another process noted. */
export const addErrors = (errors: SeenError[], others: readonly SeenError[]): void => {
  for (const other of others) add(errors, { ...other })
}

export const lastError = (errors: readonly SeenError[]): SeenError | undefined =>
  errors.reduce<SeenError | undefined>(
    (last, error) => (last === undefined || error.time >= last.time ? error : last),
    undefined,
  )

const add = (errors: SeenError[], error: SeenError): void => {
  const known = errors.find(
    ({ kind, status, exit }) => kind === error.kind && status === error.status && exit === error.exit,
  )
  if (known === undefined) {
    errors.push(error)
    if (errors.length > largestErrors) errors.splice(errors.indexOf(oldest(errors)), 1)
    return
  }
  known.n += error.n
  if (error.time < known.time) return
  known.time = error.time
  known.message = error.message
}

const oldest = (errors: readonly SeenError[]): SeenError =>
  errors.reduce((first, error) => (error.time < first.time ? error : first))

const largestErrors = 5

// A state file holds five of them and stays under 8 KiB. Cut between characters, not within one.
const cut = (message: string): string =>
  message.length <= 200 ? message : `${message.slice(0, 199).replace(/[\uD800-\uDBFF]$/, '')}…`
