// The floor of a process per line: `spawn` with its pipes, so many at a time, answers in the order of the input.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const lines = readFileSync(0, 'utf8').split('\n').slice(0, -1)
const answers: (Buffer | undefined)[] = []
let next = 0
let written = 0

const answer = (index: number) =>
  new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/cat')
    const chunks: Buffer[] = []
    child.on('error', reject)
    child.on('close', () => {
      answers[index] = Buffer.concat(chunks)
      for (let ready = answers[written]; ready !== undefined; ready = answers[++written]) process.stdout.write(ready)
      resolve()
    })
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.resume()
    child.stdin.end(`${lines[index]}\n`)
  })

const work = async () => {
  while (next < lines.length) await answer(next++)
}
await Promise.all(Array.from({ length: Number(process.argv[2] ?? 4) }, work))
