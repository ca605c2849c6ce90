import type { Fate } from '../../src/core/io/output.js'

/** A fate that remembers what it was told. */
export const createAccount = () => {
  const account = {
    taken: 0,
    lost: 0,
    first: undefined as { number: number; file: string | undefined } | undefined,
    fate: {
      taken: records => {
        account.taken += records
      },
      lost: (records, number, file) => {
        account.lost += records
        account.first ??= { number, file }
      },
    } satisfies Fate as Fate,
  }
  return account
}
