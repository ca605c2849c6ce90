import { faster, type Row, type Setting } from '../row.js'

/** A file for each of 8 values of a field. */
export const describeRows = ({ records, data, streamz, script, folder }: Setting): readonly Row[] => {
  const file = data(records)
  return [
    {
      title: `partition by 8 keys, file to files, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note: 'mlr writes values anew, we copy bytes; our files are written aside, synced and renamed.',
      contenders: [
        {
          name: 'partition --key .action',
          run: `${streamz} partition --key .action --overwrite --out '${folder}/part/{key}.ndjson' ${file}`,
        },
        {
          name: 'bare loop in Node, field found',
          run: `${script('bare/pass')} scan .action <${file} >${folder}/all.ndjson`,
        },
        {
          name: 'mlr split',
          needs: 'mlr',
          slow: true,
          run: `mlr --ijsonl --ojsonl split -g action --prefix ${folder}/split ${file}`,
        },
      ],
      targets: [faster('partition --key .action', 'mlr split', 10)],
    },
  ]
}
