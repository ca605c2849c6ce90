/** Bytes written one after another into memory that doubles when it is full. */
export class GrowingBuffer {
  #bytes: Buffer
  length = 0

  constructor(size = 1024) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  append(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    source.copy(this.#bytes, this.length, start, end)
    this.length += end - start
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = byte
  }

  appendText(text: string): void {
    this.#reserve(text.length * 3)
    this.length += this.#bytes.write(text, this.length, 'utf8')
  }

  setByte(index: number, byte: number): void {
    this.#bytes[index] = byte
  }

  /** What was written, as a view: write no more afterwards, or `clear` first. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.max(this.length + count, 2 * this.#bytes.length))
    this.#bytes.copy(bytes, 0, 0, this.length)
    this.#bytes = bytes
  }
}
