import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Row, type Setting, within } from '../row.js'

const five = `steps:
  - skip: {count: 0}
  - take: {count: 1000000}
  - throttle: {rate: 1000000/s}
  - batch: {size: 10}
  - unbatch: {}
`

const passing = `steps:
${'  - skip: {count: 1}\n'.repeat(4)}`

/** Steps in one process beside the same commands in a pipeline. */
export const describeRows = ({ records, data, streamz, folder }: Setting): readonly Row[] => {
  const file = data(records)
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  // CPU seconds, not the time on the clock: a pipeline has several cores.
  const cpu = (command: string) => `taskset -pc 0 $$ >/dev/null; ${command}`
  const pipeline = Array(4).fill(`${streamz} skip 1`).join(' | ')
  return [
    {
      title: 'Start: a job of five steps, an empty input',
      unit: 's',
      rounds: [40, 15],
      contenders: [
        { name: 'run', run: `exec ${streamz} run ${write('five.yaml', five)} </dev/null` },
        { name: 'node -e 0', run: `exec '${process.execPath}' -e 0 </dev/null` },
      ],
      targets: [within('run', 'node -e 0', 1.6)],
    },
    {
      title: `Four steps that pass everything on, ${records} records, one core`,
      unit: 's',
      rounds: [7, 3],
      contenders: [
        {
          name: 'run',
          needs: 'taskset',
          run: cpu(`${streamz} run ${write('passing.yaml', passing)} <${file} >/dev/null`),
        },
        { name: 'pipeline', needs: 'taskset', run: cpu(`${pipeline} <${file} >/dev/null`) },
      ],
      targets: [within('run', 'pipeline', 0.6)],
    },
  ]
}
