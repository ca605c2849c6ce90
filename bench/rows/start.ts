import { type Row, type Setting, within } from '../row.js'

/** What a user waits for before anything happens. */
export const describeRows = ({ streamz }: Setting): readonly Row[] => [
  {
    title: 'Start: an empty input',
    unit: 's',
    rounds: [40, 15],
    contenders: [
      { name: 'take 1', run: `exec ${streamz} take 1 </dev/null` },
      { name: 'batch --size 10', run: `exec ${streamz} batch --size 10 </dev/null` },
      { name: 'node -e 0', run: `exec '${process.execPath}' -e 0 </dev/null` },
    ],
    targets: [within('take 1', 'node -e 0', 1.17), within('batch --size 10', 'node -e 0', 1.2)],
  },
]
