// The least that can be done with long-lived workers: a line of standard input to each of N children, its answer to standard
// output, in order; so many in flight in each, and awake for 0.1 ms after a write when SPIN is given. Nothing is checked.
// Usage: node worker.js WORKERS PIPELINE [SPIN] < FILE
import { spawn } from 'node:child_process'
import { readFileSync, writeSync } from 'node:fs'

const [size = 1, pipeline = 1, spin = 0] = process.argv.slice(2).map(Number)
const bytes = readFileSync(0)
const ends: number[] = []
for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) ends.push(at + 1)

let next = 0
let done = 0
const answers: (Buffer | undefined)[] = new Array(ends.length)

/** What has come leaves at once, in order. */
const emit = (): void => {
  const held: Buffer[] = []
  for (let answer = answers[done]; answer !== undefined; answer = answers[done]) {
    held.push(answer)
    answers[done++] = undefined
  }
  const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held)
  for (let at = 0; at < all.length; ) at += writeSync(1, all, at)
}

let awakeUntil = 0
let isAwake = false
const look = (): void => {
  isAwake = performance.now() < awakeUntil
  if (isAwake) setImmediate(look)
}
const stayAwake = (): void => {
  awakeUntil = performance.now() + 0.1
  if (isAwake) return
  isAwake = true
  setImmediate(look)
}

for (let index = 0; index < size; index++) {
  const child = spawn('cat', { detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
  const given: number[] = []
  let rest: Buffer | undefined
  const feed = (): void => {
    const from = next
    while (given.length < pipeline && next < ends.length) given.push(next++)
    if (next > from) child.stdin.write(bytes.subarray(ends[from - 1] ?? 0, ends[next - 1]))
    else if (given.length === 0) child.stdin.end()
    if (spin) stayAwake()
  }
  child.stdout.on('data', (chunk: Buffer) => {
    const all = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    let count = 0
    for (let end = all.indexOf(10); end !== -1; end = all.indexOf(10, start)) {
      answers[given[count++] as number] = all.subarray(start, end + 1)
      start = end + 1
    }
    given.splice(0, count)
    rest = start < all.length ? all.subarray(start) : undefined
    emit()
    feed()
  })
  feed()
}
