import { faster, type Row, type Setting } from '../row.js'

/** Records by a number in them, file to file; nine in ten pass. */
export const describeRows = ({ records, data, streamz, script, folder }: Setting): readonly Row[] => {
  const write = (command: string) => `${command} >${folder}/filtered`
  const file = data(records)
  return [
    {
      title: `filter '.amount > 100', file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note: 'Both write the same records; jq writes their numbers anew.',
      contenders: [
        { name: "filter '.amount > 100'", run: write(`${streamz} filter '.amount > 100' ${file}`) },
        { name: 'bare loop in Node, field found', run: write(`${script('bare/pass')} scan .amount < ${file}`) },
        {
          name: 'filter, two conditions and a text',
          run: write(`${streamz} filter '.amount > 100 && .ok && .action != "pay"' ${file}`),
        },
        { name: 'jq -c select', needs: 'jq', slow: true, run: write(`jq -c 'select(.amount > 100)' ${file}`) },
      ],
      targets: [faster("filter '.amount > 100'", 'jq -c select', 8)],
    },
  ]
}
