// The floor of a filter in Node: bytes in, newlines counted, bytes out. `scan` also looks whether every line is JSON,
// `scan PATH` finds a field in each as well.
import { fstatSync, readSync, writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { parsePath } from '../../src/core/json/path.js'
import { createScanner } from '../../src/core/json/scan.js'

const [how, path] = process.argv.slice(2)
const scanner = createScanner(path === undefined ? [] : [parsePath(path)])
let lines = 0

/** How many of the bytes are whole lines. */
const look = (bytes: Buffer): number => {
  let start = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
    if (how === 'scan' && !scanner.scan(bytes, start, at + 1)) throw new Error(`Line ${lines + 1} is no JSON`)
    start = at + 1
    lines++
  }
  return start
}

let held = 0
const turnOver = (slab: Buffer, count: number, write: (bytes: Buffer) => void): Buffer => {
  const bytes = slab.subarray(0, held + count)
  const whole = look(bytes)
  write(bytes.subarray(0, whole))
  const next = Buffer.allocUnsafeSlow(slab.length)
  bytes.copy(next, 0, whole)
  held = bytes.length - whole
  return next
}

if (fstatSync(0).isFile()) {
  const writeAll = (bytes: Buffer) => {
    for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written)
  }
  let slab: Buffer = Buffer.allocUnsafeSlow(256 * 1024)
  const read = () => readSync(0, slab, held, slab.length - held, null)
  for (let count = read(); count > 0; count = read()) slab = turnOver(slab, count, writeAll)
} else {
  let slab: Buffer = Buffer.allocUnsafeSlow(64 * 1024)
  const input: Socket = new Socket({
    fd: 0,
    readable: true,
    writable: false,
    onread: {
      buffer: () => slab.subarray(held),
      callback: (count: number) => {
        let more = true
        slab = turnOver(slab, count, bytes => {
          more = process.stdout.write(bytes)
        })
        if (!more) process.stdout.once('drain', () => input.resume())
        return more
      },
    },
  } as SocketConstructorOpts)
  input.resume()
}
