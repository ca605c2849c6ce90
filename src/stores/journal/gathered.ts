/** Bytes that are gathered for one write; the memory is used again. */
export class Gathered {
  bytes: Buffer
  length = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.length + count))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  add(bytes: Buffer, start = 0, end = bytes.length): void {
    this.reserve(end - start)
    this.length += bytes.copy(this.bytes, this.length, start, end)
  }
}
