import { faster, type Row, type Setting } from '../row.js'

const group = `jq -cn 'foreach inputs as $r ([]; if length == 100 then [$r] else . + [$r] end; if length == 100 then . else empty end)'`

/** Arrays of 100 records, every record validated. */
export const describeRows = ({ records, data, streamz, script, folder }: Setting): readonly Row[] => {
  const file = data(records)
  const contend = (wrap: (command: string) => string) => [
    { name: 'batch --size 100', run: wrap(`${streamz} batch --size 100`) },
    { name: 'bare loop in Node, lines scanned', run: wrap(`${script('bare/pass')} scan`) },
    { name: 'JSON.parse, text joined', slow: true, run: wrap(`${script('bare/parse-batch')} keep`) },
    { name: 'JSON.parse + JSON.stringify', slow: true, run: wrap(`${script('bare/parse-batch')} write`) },
    { name: 'jq grouping', needs: 'jq', slow: true, run: wrap(group) },
  ]
  const targets = [
    faster('batch --size 100', 'jq grouping', 12),
    faster('batch --size 100', 'JSON.parse + JSON.stringify', 4),
    faster('batch --size 100', 'JSON.parse, text joined', 3),
  ]
  const note = 'jq and JSON.stringify write values anew, we copy bytes.'
  return [
    {
      title: `Batches of 100, pipe to pipe, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note,
      contenders: contend(command => `cat ${file} | ${command} | cat >/dev/null`),
      targets,
    },
    {
      title: `Batches of 100, file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note,
      contenders: contend(command => `${command} <${file} >${folder}/output.ndjson`),
      targets,
    },
  ]
}
