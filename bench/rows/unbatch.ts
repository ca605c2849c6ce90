import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { faster, type Row, type Setting } from '../row.js'

/** Arrays of 100 records taken apart, every record validated. */
export const describeRows = ({ records, data, streamz, folder }: Setting): readonly Row[] => {
  const arrays = `${folder}/arrays.ndjson`
  if (!existsSync(arrays)) spawnSync(`${streamz} batch --size 100 <${data(records)} >${arrays}`, { shell: true })
  const contend = (wrap: (command: string) => string) => [
    { name: 'unbatch', run: wrap(`${streamz} unbatch`) },
    { name: "jq -c '.[]'", needs: 'jq', slow: true, run: wrap("jq -c '.[]'") },
  ]
  return [
    {
      title: `Arrays of 100 taken apart, file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note: 'jq writes values anew, we copy bytes.',
      contenders: contend(command => `${command} <${arrays} >${folder}/output.ndjson`),
      targets: [faster('unbatch', "jq -c '.[]'", 11)],
    },
  ]
}
