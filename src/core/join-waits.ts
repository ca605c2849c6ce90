/** Settles when both have settled; undefined when neither asks to wait. */
export const joinWaits = (one: void | Promise<void>, other: void | Promise<void>): void | Promise<void> => {
  if (one === undefined) return other
  return other === undefined ? one : Promise.all([one, other]).then(() => {})
}
