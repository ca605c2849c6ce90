// What `dlq stats` takes for a million entries, beside the same count by jq; and the most memory it needs.
// node build/bench/kernel/dlq.js [--entries 1000000]; exit 1 when it is not 8 times as fast or needs over 150 MB.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } })
const entries = Number(values.entries)
const streamz = fileURLToPath(new URL('../../../dist/streamz.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'streamz-dlq-'))

const kinds = [
  ['timeout', 'transient', 'No answer within 5s', null],
  ['http_status', 'transient', '503 Service Unavailable', 503],
  ['exit', 'permanent', 'Command exited with 3', null],
  ['parse', 'input', 'Line %, column 7: Expected a value', null],
] as const

const entry = (number: number): string => {
  const [kind, failureClass, message, status] = kinds[Math.imul(number, 2_654_435_761) >>> 30] ?? kinds[0]
  const time = new Date(1_790_000_000_000 + number).toISOString()
  const name = Buffer.from(String(number).padStart(9, '0')).toString('base64url')
  return `{"$streamz":"error/1","entry":"${name}","id":"${number.toString(16).padStart(32, '0')}","line":${number},"file":null,"time":"${time}","stage":{"command":"map","name":"enrich","host":"ci-7","pid":4711},"error":{"kind":"${kind}","class":"${failureClass}","message":"${message.replace('%', String(number))}","status":${status},"exit":null,"signal":null,"retry_after_ms":null,"stderr":null},"attempts":3,"duration_ms":812,"replays":0,"first_failed_at":"${time}","first_error":{"kind":"${kind}","message":"${message}"},"record":{"user":"user-${number % 997}","items":[{"sku":"A-${number}","n":2}],"total":12.50}}\n`
}

const makeFile = (): string => {
  const path = join(folder, 'failed.ndjson')
  const file = openSync(path, 'w')
  for (let from = 0; from < entries; from += 1000) {
    writeSync(file, Array.from({ length: Math.min(1000, entries - from) }, (_, index) => entry(from + index)).join(''))
  }
  closeSync(file)
  return path
}

const time = (command: string, args: readonly string[]) => {
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
  return { seconds: (performance.now() - started) / 1000, stdout, stderr }
}

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number

try {
  const path = makeFile()
  const ours: number[] = []
  const theirs: number[] = []
  let counted = ''
  // Interleaved, so that a busy machine is busy for both.
  for (let round = 0; round < 3; round++) {
    const run = time(process.execPath, [streamz, 'dlq', 'stats', path, '--json'])
    ours.push(run.seconds)
    counted = run.stdout
    if (round === 1) continue
    theirs.push(time('sh', ['-c', 'jq -r .error.kind "$0" | sort | uniq -c', path]).seconds)
  }
  const { by_kind } = JSON.parse(counted) as { by_kind: Record<string, number> }
  const sum = Object.values(by_kind).reduce((total, count) => total + count, 0)
  const tellPeak = join(folder, 'tell-peak.cjs')
  writeFileSync(tellPeak, "process.on('exit', () => console.error(process.resourceUsage().maxRSS))")
  const peak = time(process.execPath, ['-r', tellPeak, streamz, 'dlq', 'stats', path, '--json'])
  const megabytes = Number(peak.stderr) / 1024
  const ratio = median(theirs) / median(ours)
  console.log(
    `${entries} entries: dlq stats ${median(ours).toFixed(2)} s, jq | sort | uniq ${median(theirs).toFixed(2)} s: ${ratio.toFixed(1)} times as fast; ${megabytes.toFixed(0)} MB at most`,
  )
  if (ratio < 8 || megabytes > 150 || sum !== entries) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
