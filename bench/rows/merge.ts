import { execFileSync } from 'node:child_process'
import { type Row, type Setting, within } from '../row.js'

/** Four files at the same time, beside the same four one after the other. */
export const describeRows = ({ records, data, streamz, folder }: Setting): readonly Row[] => {
  const part = `${folder}/merge.ndjson`
  execFileSync('/bin/sh', ['-c', `cat ${data(Math.floor(records / 4))} > '${part}'`])
  const files = Array(4).fill(`'${part}'`).join(' ')
  return [
    {
      title: `merge of four files, file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      contenders: [
        { name: 'merge', run: `${streamz} merge ${files} >${folder}/output.ndjson` },
        { name: 'take', run: `${streamz} take ${records} ${files} >${folder}/output.ndjson` },
      ],
      targets: [within('merge', 'take', 1.2)],
    },
  ]
}
