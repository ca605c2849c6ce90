/** Where the elements of arrays begin, in the order of a scan; those of several lines stand one after another. */
export class ElementStarts {
  offsets = new Int32Array(64)
  /** Where those of the line that is scanned now begin in `offsets`, and how many there are. */
  first = 0
  count = 0

  /** The element of this number begins here; of equal keys the last array counts, so numbers may start again. */
  put(number: number, offset: number): void {
    const at = this.first + number
    if (at === this.offsets.length) this.#grow()
    this.offsets[at] = offset
    this.count = number + 1
  }

  /** Keeps those of the line for good: the next one comes behind it. */
  keep(): void {
    this.first += this.count
    this.count = 0
  }

  /** Forgets all; what only a very long line needed is given back. */
  clear(): void {
    this.first = 0
    this.count = 0
    if (this.offsets.length > mostKept) this.offsets = new Int32Array(64)
  }

  // A list of numbers would take several times as much for millions of elements.
  #grow(): void {
    const larger = new Int32Array(2 * this.offsets.length)
    larger.set(this.offsets)
    this.offsets = larger
  }
}

const mostKept = 2 ** 18

/** Where an element of an array ends, without the white space after it, given where the next one begins. */
export const endBefore = (bytes: Buffer, next: number): number => {
  let at = next - 1
  while (bytes[at] !== 0x2c) at--
  return trimSpace(bytes, at)
}

/** The same for the last element of the array that ends here. */
export const endOfLast = (bytes: Buffer, arrayEnd: number): number => trimSpace(bytes, arrayEnd - 1)

const trimSpace = (bytes: Buffer, end: number): number => {
  let at = end
  while ((bytes[at - 1] as number) <= 0x20) at--
  return at
}
