import type { Line, Lines } from '../lines.js'

/**
 * Holds lines, each in a slot of its own, numbered from 0: their bytes stand one after another in one piece of memory, which is
 * at most twice as large, as thousands of small buffers would cost several times that.
 */
export class LineStore {
  #arena: Buffer = Buffer.allocUnsafeSlow(1024)
  #used = 0
  #live = 0
  // For each slot: where its line lies, how long it is (-1: it is empty), its number and the number of its file.
  #offsets = new Float64Array(16)
  #lengths = new Int32Array(16).fill(-1)
  #numbers = new Float64Array(16)
  #files = new Uint16Array(16)
  #names: (string | undefined)[] = []

  /** Bytes of all lines that are held. */
  get bytes(): number {
    return this.#live
  }

  /** Copies a line into a slot, in the place of what it held. */
  put(slot: number, lines: Lines, index: number): void {
    this.remove(slot)
    const start = lines.start(index)
    const length = lines.end(index) - start
    while (slot >= this.#lengths.length) this.#growSlots()
    if (this.#used + length > this.#arena.length) this.#makeRoom(length)
    this.#offsets[slot] = this.#used
    this.#lengths[slot] = length
    this.#numbers[slot] = lines.number + index
    this.#files[slot] = this.#fileOf(lines.file)
    this.#used += lines.bytes.copy(this.#arena, this.#used, start, start + length)
    this.#live += length
  }

  /** Empties a slot; an empty one stays empty. */
  remove(slot: number): void {
    const length = this.#lengths[slot] ?? -1
    if (length < 0) return
    this.#live -= length
    this.#lengths[slot] = -1
  }

  /** How long the line in a slot is; -1 when it is empty. */
  lengthOf(slot: number): number {
    return this.#lengths[slot] ?? -1
  }

  /** Line number of the line in a slot. */
  numberOf(slot: number): number {
    return this.#numbers[slot] as number
  }

  /** The line in a slot, in memory of its own. */
  read(slot: number): Line {
    const offset = this.#offsets[slot] as number
    const bytes = Buffer.from(this.#arena.subarray(offset, offset + (this.#lengths[slot] as number)))
    return { bytes, number: this.#numbers[slot] as number, file: this.#names[this.#files[slot] as number] }
  }

  #fileOf(file: string | undefined): number {
    const last = this.#names.length - 1
    if (last >= 0 && this.#names[last] === file) return last
    const known = this.#names.indexOf(file)
    return known === -1 ? this.#names.push(file) - 1 : known
  }

  #growSlots(): void {
    const length = 2 * this.#lengths.length
    const [offsets, lengths, numbers, files] = [this.#offsets, this.#lengths, this.#numbers, this.#files]
    this.#offsets = new Float64Array(length)
    this.#lengths = new Int32Array(length).fill(-1)
    this.#numbers = new Float64Array(length)
    this.#files = new Uint16Array(length)
    this.#offsets.set(offsets)
    this.#lengths.set(lengths)
    this.#numbers.set(numbers)
    this.#files.set(files)
  }

  // What is held moves together when that frees a quarter; else into memory half as large again.
  #makeRoom(length: number): void {
    const wanted = this.#live + length
    const arena = this.#arena
    if (wanted > 0.75 * arena.length) this.#arena = Buffer.allocUnsafeSlow(Math.max(1024, Math.ceil(1.5 * wanted)))
    const slots = this.#inOrder()
    this.#used = 0
    for (const slot of slots) {
      const offset = this.#offsets[slot] as number
      this.#offsets[slot] = this.#used
      // Within the same memory what moves only moves to the front, and what stands in front has moved.
      this.#used += arena.copy(this.#arena, this.#used, offset, offset + (this.#lengths[slot] as number))
    }
  }

  #inOrder(): Int32Array {
    let count = 0
    const slots = new Int32Array(this.#lengths.length)
    for (let slot = 0; slot < slots.length; slot++) if ((this.#lengths[slot] as number) >= 0) slots[count++] = slot
    const offsets = this.#offsets
    return slots.subarray(0, count).sort((one, other) => (offsets[one] as number) - (offsets[other] as number))
  }
}
