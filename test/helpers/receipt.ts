import type { Receipt } from '../../src/core/io/output.js'

/** A receipt that remembers what it was told. */
export const createAccount = () => {
  const account = {
    taken: 0,
    lost: 0,
    first: undefined as { number: number; file: string | undefined } | undefined,
    receipt: {
      delivered: records => {
        account.taken += records
      },
      lost: (records, number, file) => {
        account.lost += records
        account.first ??= { number, file }
      },
    } satisfies Receipt as Receipt,
  }
  return account
}
