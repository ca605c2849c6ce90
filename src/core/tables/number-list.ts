/** Whole numbers below 2^32 by their place, 0 where none was set; 4 bytes for each place up to the last one. */
export type NumberList = {
  at(place: number): number
  set(place: number, number: number): void
}

export const createNumberList = (): NumberList => {
  let numbers = new Uint32Array(0)
  return {
    at: place => numbers[place] ?? 0,
    set(place, number) {
      if (place >= numbers.length) {
        if (number === 0) return
        const older = numbers
        numbers = new Uint32Array(2 * place + 64)
        numbers.set(older)
      }
      numbers[place] = number
    },
  }
}
