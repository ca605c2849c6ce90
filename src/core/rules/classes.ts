import type { Failure, FailureClass } from '../failure.js'

/**
 * The class of an HTTP status that is not 2xx, for answers and for items of a batch alike. `saysWhen`: the answer says when
 * to come back.
 */
export const classOfStatus = (status: number, saysWhen: boolean): FailureClass => {
  if (status === 429 || (saysWhen && maySayWhen(status))) return 'throttled'
  return status === 408 || isServerTrouble(status) ? 'transient' : 'permanent'
}

/** Whether a status with a time to come back means a refusal. */
export const maySayWhen = (status: number): boolean =>
  status === 429 || status === 403 || status === 413 || isServerTrouble(status)

/** The class of an exit code that is not 0. `saysWhen`: the command says when to come back. */
export const classOfExit = (code: number, saysWhen = false): FailureClass => {
  if (saysWhen) return 'throttled'
  if (passingExits.has(code)) return 'transient'
  return code === 65 ? 'input' : 'permanent'
}

/** The error codes of a system that has no more descriptors, processes or memory for us. */
export const isOwnLackCode = (code: string): boolean => ownLacks.has(code)

/** True if this machine could not start the call, which says nothing about the service or the record. */
export const isOwnLack = ({ facts }: Pick<Failure, 'facts'>): boolean => facts.ownLack === true

// 501 and 505 are what the server will never do.
const isServerTrouble = (status: number) => status >= 500 && status !== 501 && status !== 505

// 75 and 111 are those of sysexits.h and qmail, 124 that of timeout(1), 128 + n those of a shell whose command was ended by
// HUP, INT, KILL, PIPE or TERM.
const passingExits = new Set([75, 111, 124, 129, 130, 137, 141, 143])

const ownLacks = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL'])
