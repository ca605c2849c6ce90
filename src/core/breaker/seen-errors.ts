import type { Failure } from '../failure.js'

/** Failures of one sort: how many, and the newest of them. */
export type SeenError = {
  readonly kind: string
  readonly status?: number
  readonly exit?: number
  /** Base name of the program that failed. */
  readonly program?: string
  /** Wall clock milliseconds of the newest. */
  time: number
  message: string
  n: number
}

/** Notes a failure; the sort not seen for the longest time leaves. */
export const noteError = (errors: SeenError[], now: number, failure: Failure, program?: string): void => {
  const { status, exit } = failure.facts
  add(errors, {
    kind: failure.kind,
    ...(status === undefined ? {} : { status }),
    ...(exit === undefined ? {} : { exit }),
    ...(program === undefined ? {} : { program }),
    time: now,
    message: isForeign(failure.kind) ? failure.kind : cut(failure.message),
    n: 1,
  })
}

/** `exit 7 of curl`, `status 503`: the cause in what is shared, without a word of what the other side said. */
export const causeOf = ({ kind, status, exit, program }: SeenError): string => {
  const what = exit !== undefined ? `exit ${exit}` : status !== undefined ? `status ${status}` : kind
  return program === undefined ? what : `${what} of ${program}`
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

// The words of these come from a script or an answer, and may be those of a record.
const isForeign = (kind: Failure['kind']): boolean => kind === 'script' || kind === 'output_parse'

const largestErrors = 5

// A state file holds five of them and stays under 8 KiB. Cut between characters, not within one.
const cut = (message: string): string =>
  message.length <= 200 ? message : `${message.slice(0, 199).replace(/[\uD800-\uDBFF]$/, '')}…`
