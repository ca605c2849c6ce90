/** Takes what a command wrote to stderr for a record: whole lines without their newline. A promise asks to hold back. */
export type PassStderr = (lineNumber: number, lines: readonly string[]) => void | Promise<void>

export type StderrLines = {
  take(chunk: Buffer): void | Promise<void>
  /** Passes on a last line without newline. */
  end(): void
  /** The end of all that came, 4 KiB at most. */
  tail(): string
}

/** Bytes of a line that are passed on, and bytes that are kept for the failure. */
const limit = 4096

/** Cuts stderr into lines; a flood without newlines is cut off at 4 KiB per line, so memory stays bounded. */
export const createStderrLines = (lineNumber: () => number, pass: PassStderr): StderrLines => {
  let held = Buffer.alloc(0)
  let cut = false
  let tail = held

  const hold = (part: Buffer) => {
    const room = limit - held.length
    if (part.length > room) cut = true
    if (room > 0 && part.length > 0) held = Buffer.concat([held, part.subarray(0, room)])
  }
  const release = () => {
    const line = `${held.toString()}${cut ? '…' : ''}`
    held = held.subarray(0, 0)
    cut = false
    return line
  }

  return {
    take(chunk) {
      tail = Buffer.concat([tail, chunk.subarray(-limit)]).subarray(-limit)
      const lines: string[] = []
      let start = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        hold(chunk.subarray(start, end))
        lines.push(release())
        start = end + 1
      }
      hold(chunk.subarray(start))
      if (lines.length > 0) return pass(lineNumber(), lines)
    },
    end() {
      if (held.length > 0) void pass(lineNumber(), [release()])
    },
    tail: () => tail.subarray(firstCharacter(tail)).toString(),
  }
}

// The cut may have gone through a character: its last bytes say nothing.
const firstCharacter = (bytes: Buffer): number => {
  let at = 0
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1
  return at
}
