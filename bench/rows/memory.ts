import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Row, Setting } from '../row.js'

const hook = fileURLToPath(new URL('../../../bench/peak-memory.cjs', import.meta.url))

/** The peak of resident memory while 1 GB goes through. */
export const describeRows = ({ quick, records, data, streamz, folder }: Setting): readonly Row[] => {
  const times = quick ? 2 : Math.ceil(1e9 / (118 * records))
  const input = `cat ${Array(times).fill(data(records)).join(' ')}`
  const peakOf = (command: string) => () => {
    const run = `exec 4>&1; ${input} | NODE_OPTIONS='--require "${hook}"' ${command} 3>&4 | cat >/dev/null`
    return Number(execFileSync('/bin/sh', ['-c', run], { encoding: 'utf8' })) / 1e6
  }
  const commands: Record<string, string> = {
    take: 'take 1000000000',
    throttle: 'throttle --rate 1000000000/s --burst 100000000',
    'throttle --key': 'throttle --rate 1000000000/s --burst 100000000 --key .user',
    dlq: `dlq --to '${folder}/failed.ndjson'`,
    batch: 'batch --size 100',
  }
  return [
    {
      title: `Peak of resident memory, ${Math.round((times * records * 118) / 1e6)} MB through a pipe`,
      unit: 'MB',
      rounds: [1, 1],
      contenders: Object.entries(commands).map(([name, args]) => ({ name, run: peakOf(`${streamz} ${args}`) })),
      targets: Object.keys(commands).map(name => ({ what: name, figure: median => median(name), atMost: 120 })),
    },
  ]
}
