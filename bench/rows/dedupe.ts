import { faster, type Row, type Setting } from '../row.js'

/** Each of 10,000 users once, beside jq that only finds the user. */
export const describeRows = ({ records, data, streamz }: Setting): readonly Row[] => {
  const wrap = (command: string) => `cat ${data(records)} | ${command} | cat >/dev/null`
  return [
    {
      title: `dedupe, pipe to pipe, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      contenders: [
        { name: 'dedupe --key .user', run: wrap(`${streamz} dedupe --key .user`) },
        { name: 'dedupe of whole records', run: wrap(`${streamz} dedupe --max-keys 1e7`) },
        { name: 'jq -c .user', needs: 'jq', slow: true, run: wrap('jq -c .user') },
      ],
      targets: [faster('dedupe --key .user', 'jq -c .user', 5), faster('dedupe of whole records', 'jq -c .user', 5)],
    },
  ]
}
