import { fstatSync, readSync } from 'node:fs'

/** Gives standard input to `take` as text, from a file at once, from a pipe with regard to what standard output can take. */
export const readText = (take: (text: string) => boolean, end: () => void = () => {}): void => {
  if (fstatSync(0).isFile()) {
    const slab = Buffer.allocUnsafe(256 * 1024)
    // The made records are ASCII: no character is ever cut.
    for (let count = readSync(0, slab); count > 0; count = readSync(0, slab)) take(slab.toString('latin1', 0, count))
    end()
    return
  }
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (text: string) => {
    if (take(text)) return
    process.stdin.pause()
    process.stdout.once('drain', () => process.stdin.resume())
  })
  process.stdin.on('end', end)
}
