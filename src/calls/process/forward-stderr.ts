import type { Readable } from 'node:stream'
import { createStderrLines, type PassStderr, type StderrLines } from './stderr-lines.js'

export type Forwarding = {
  /** Whether the command is being held back: something was passed on that is not taken yet. */
  held(): boolean
  /** The last 4 KiB of what came. */
  tail(): string
  /** Nothing more will come: passes on the last line without newline, then calls back when all is taken. */
  finish(callback: () => void): void
}

/** Passes on what a command writes to stderr as it comes, and holds the command back while it is not taken. */
export const forwardStderr = (stream: Readable, lineNumber: () => number, pass: PassStderr): Forwarding => {
  const waiting: Buffer[] = []
  let lines: StderrLines | undefined
  let held = false
  let finished = () => {}

  const take = (chunk: Buffer) => {
    lines ??= createStderrLines(lineNumber, pass)
    const busy = lines.take(chunk)
    if (busy === undefined) return
    held = true
    stream.pause()
    busy.then(goOn, goOn)
  }
  const goOn = () => {
    held = false
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      take(next)
      if (held) return
    }
    stream.resume()
    finished()
  }
  const finish = (callback: () => void) => {
    lines?.end()
    callback()
  }

  stream.on('data', (chunk: Buffer) => {
    if (!held) return take(chunk)
    // When a child exits, Node resumes its pipes unasked.
    waiting.push(chunk)
    stream.pause()
  })
  return {
    held: () => held,
    tail: () => lines?.tail() ?? '',
    finish(callback) {
      if (held) finished = () => finish(callback)
      else finish(callback)
    },
  }
}
