/** Who has had how many slots of a limit that is shared. */
export type SlotUser = { readonly name: string; readonly slots: number }

/** Who had most of a limit, for whoever waits for it; the first has had most. */
export const describeUsers = (users: readonly SlotUser[]): { readonly why?: string } => {
  const [most] = users
  const all = users.reduce((sum, { slots }) => sum + slots, 0)
  return most === undefined ? {} : { why: `${Math.round((100 * most.slots) / all)}% went to ${most.name}` }
}
