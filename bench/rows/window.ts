import { faster, type Row, type Setting } from '../row.js'

/** How many and how much for each of 8 actions and of 10,000 users. */
export const describeRows = ({ records, data, streamz }: Setting): readonly Row[] => {
  const file = data(records)
  const sum = `mawk -F'\\t' '{n[$1]++; s[$1]+=$2} END {for (k in n) print k, n[k], s[k]}'`
  const by = (field: string): Row => ({
    title: `window: count and sum by ${field}, file to file, ${records} records`,
    unit: 's',
    rounds: [7, 3],
    contenders: [
      {
        name: `window --all --key .${field}`,
        run: `${streamz} window --all --key .${field} --agg 'n=count, total=sum(.amount)' <${file} >/dev/null`,
      },
      {
        name: 'jq + mawk',
        needs: 'mawk',
        slow: true,
        run: `jq -r '[.${field}, .amount] | @tsv' <${file} | ${sum} >/dev/null`,
      },
      {
        name: 'mlr stats1',
        needs: 'mlr',
        slow: true,
        run: `mlr --ijsonl --ojsonl stats1 -a count,sum -f amount -g ${field} ${file} >/dev/null`,
      },
    ],
    targets: [faster(`window --all --key .${field}`, 'jq + mawk', 8)],
  })
  return [by('action'), by('user')]
}
