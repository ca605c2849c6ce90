import { faster, type Row, type Setting } from '../row.js'

/** A limit for each of 10,000 users that never holds anything back, beside jq that only finds the user. */
export const describeRows = ({ records, data, streamz, script }: Setting): readonly Row[] => {
  const wrap = (command: string) => `cat ${data(records)} | ${command} | cat >/dev/null`
  return [
    {
      title: `throttle --key, pipe to pipe, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note: 'throttle writes all bytes, jq only the users.',
      contenders: [
        {
          name: 'throttle --key .user',
          run: wrap(`${streamz} throttle --rate 1000000000/s --burst 100000000 --key .user`),
        },
        { name: 'bare loop in Node, field found', run: wrap(`${script('bare/pass')} scan .user`) },
        { name: 'jq -c .user', needs: 'jq', slow: true, run: wrap('jq -c .user') },
      ],
      targets: [faster('throttle --key .user', 'jq -c .user', 5.5)],
    },
  ]
}
