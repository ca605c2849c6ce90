import { execFileSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faster, type Row, type Setting } from '../row.js'

const hook = fileURLToPath(new URL('../../../bench/peak-memory.cjs', import.meta.url))

/** What `dlq stats` takes for a file of failure records, beside the same count by jq; and the most memory it needs. */
export const describeRows = ({ quick, streamz, folder }: Setting): readonly Row[] => {
  const entries = quick ? 200_000 : 1_000_000
  const file = join(folder, 'failed.ndjson')
  writeEntries(file, entries)
  const stats = `${streamz} dlq stats ${file} --json >/dev/null`
  const mixed = join(folder, 'mixed.ndjson')
  // So many that starting and locks are not what is measured.
  const lines = 400_000
  writeMixed(mixed, lines)
  return [
    {
      title: `Failures taken out of a stream, half of ${lines} lines, one after the other`,
      unit: 's',
      rounds: [7, 3],
      contenders: [
        {
          name: 'dlq --to',
          run: `rm -f ${folder}/taken.ndjson; ${streamz} dlq --tolerate 100% --to ${folder}/taken.ndjson <${mixed} >/dev/null`,
        },
        {
          // The good ones alone: twice the work would be the same split.
          name: 'jq, one half',
          needs: 'jq',
          slow: true,
          run: `jq -c 'select(.["$streamz"] == null)' ${mixed} >/dev/null`,
        },
      ],
      targets: [faster('dlq --to', 'jq, one half', 2)],
    },
    {
      title: `Failure records counted by cause, ${entries}`,
      unit: 's',
      rounds: [7, 3],
      contenders: [
        { name: 'dlq stats', run: stats },
        {
          name: 'jq, sort and uniq',
          needs: 'jq',
          slow: true,
          run: `jq -r .error.kind ${file} | LC_ALL=C sort | uniq -c >/dev/null`,
        },
      ],
      targets: [faster('dlq stats', 'jq, sort and uniq', 5)],
    },
    {
      title: `Peak of resident memory, ${entries} failure records counted`,
      unit: 'MB',
      rounds: [1, 1],
      contenders: [
        {
          name: 'dlq stats',
          run: () => {
            const run = `exec 4>&1; NODE_OPTIONS='--require "${hook}"' ${stats} 3>&4`
            return Number(execFileSync('/bin/sh', ['-c', run], { encoding: 'utf8' })) / 1e6
          },
        },
      ],
      targets: [{ what: 'dlq stats', figure: median => median('dlq stats'), atMost: 150 }],
    },
  ]
}

const kinds = [
  ['timeout', 'transient', 'No answer within 5s', null],
  ['http_status', 'transient', '503 Service Unavailable', 503],
  ['exit', 'permanent', 'Command exited with 3', null],
  ['parse', 'input', 'Line %, column 7: Expected a value', null],
] as const

const makeEntry = (number: number): string => {
  const [kind, failureClass, message, status] = kinds[Math.imul(number, 2_654_435_761) >>> 30] ?? kinds[0]
  const time = new Date(1_790_000_000_000 + number).toISOString()
  const name = Buffer.from(String(number).padStart(9, '0')).toString('base64url')
  return `{"$streamz":"error/1","entry":"${name}","id":"${number.toString(16).padStart(32, '0')}","line":${number},"file":null,"time":"${time}","stage":{"command":"map","name":"enrich","host":"ci-7","pid":4711},"error":{"kind":"${kind}","class":"${failureClass}","message":"${message.replace('%', String(number))}","status":${status},"exit":null,"signal":null,"retry_after_ms":null,"stderr":null},"attempts":3,"duration_ms":812,"replays":0,"first_failed_at":"${time}","first_error":{"kind":"${kind}","message":"${message}"},"record":{"user":"user-${number % 997}","items":[{"sku":"A-${number}","n":2}],"total":12.50}}\n`
}

const writeMixed = (path: string, count: number): void => {
  const file = openSync(path, 'w')
  for (let from = 0; from < count; from += 1000) {
    const lines = Array.from({ length: 1000 }, (_, index) => {
      const number = from + index
      if (number % 2 === 0) return makeEntry(number).replace(/"entry":"[^"]*",/, '')
      return `{"id":${number},"user":"user-${number % 997}","items":[{"sku":"A-${number}","n":2}],"total":12.50}\n`
    })
    writeSync(file, lines.join(''))
  }
  closeSync(file)
}

const writeEntries = (path: string, count: number): void => {
  const file = openSync(path, 'w')
  for (let from = 0; from < count; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, count - from) }, (_, index) => makeEntry(from + index))
    writeSync(file, lines.join(''))
  }
  closeSync(file)
}
