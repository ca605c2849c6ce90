// Workers that write a line too many at a random moment after a random answer: `map --worker` must pass on no answer of
// another record, and every record must be delivered or fail.
// Usage: node build/bench/soak/worker.js [--quick]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const root = fileURLToPath(new URL('../../..', import.meta.url))
const rounds = values.quick ? 12 : 120
/** Milliseconds an answer takes, and how many records to send. */
const paces = [
  [0, 8000],
  [0, 8000],
  [1, 1500],
  [3, 600],
  [10, 200],
  [30, 60],
] as const
const places = [
  ['-j', '1'],
  ['-j', '4'],
  ['-j', '1', '--pipeline', '20'],
] as const

const play = async (round: number) => {
  const [delay, count] = paces[round % paces.length] as (typeof paces)[number]
  const place = places[Math.floor(round / paces.length) % places.length] as (typeof places)[number]
  const which = 1 + Math.floor(Math.random() * count * 0.8)
  const late = Math.random() * [2, 10, 50][round % 3]!
  const worker = [process.execPath, 'test/fixtures/children/late-worker.mjs', delay, which, late].map(String)
  const args = ['dist/streamz.cjs', 'map', '--worker', ...place, '--into', '.answer', '--', ...worker]
  const child = spawn(process.execPath, args, { cwd: root })
  child.stdin.on('error', () => {})
  child.stdin.end(Array.from({ length: count }, (_, index) => `{"n":${index + 1}}\n`).join(''))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', part => (out += part))
  child.stderr.setEncoding('utf8').on('data', part => (err += part))
  await once(child, 'close')
  const delivered = out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  const wrong = delivered.filter(({ n, answer }) => n !== answer.n).length
  const failed = err.split('\n').filter(line => line.startsWith('{"$streamz"')).length
  const lost = count - delivered.length - failed
  if (wrong > 0 || lost !== 0) {
    console.log(
      `${place.join(' ')}, ${delay} ms an answer, a line ${late.toFixed(1)} ms late: ${wrong} wrong, ${lost} lost`,
    )
  }
  return { wrong, lost, failed }
}

const results: Awaited<ReturnType<typeof play>>[] = []
for (let round = 0; round < rounds; round++) results.push(await play(round))
const sum = (of: (result: (typeof results)[number]) => number) =>
  results.reduce((total, result) => total + of(result), 0)
console.log(
  `${rounds} rounds: ${sum(({ wrong }) => wrong)} answers of other records, ${sum(({ lost }) => Math.abs(lost))} records lost, ${sum(({ failed }) => failed)} failed`,
)
if (sum(({ wrong, lost }) => wrong + Math.abs(lost)) > 0) process.exitCode = 1
