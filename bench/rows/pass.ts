import { faster, type Row, type Setting } from '../row.js'

/** Records that go through untouched: what splitting, counting and exact accounts cost. */
export const describeRows = ({ records, data, streamz, script, folder }: Setting): readonly Row[] => {
  const file = data(records)
  const commands = {
    take: `${streamz} take ${records + 1}`,
    throttle: `${streamz} throttle --rate 1000000000/s --burst 100000000`,
    dlq: `${streamz} dlq --to ${folder}/failed.ndjson`,
    'bare loop in Node': script('bare/pass'),
    cat: 'cat',
    "mawk '{print}'": "mawk '{print}'",
    'jq -c .': 'jq -c .',
  }
  const contend = (wrap: (command: string) => string) =>
    Object.entries(commands).map(([name, command]) => {
      const [program = ''] = command.split(' ')
      return program === 'mawk' || program === 'jq'
        ? { name, needs: program, slow: program === 'jq', run: wrap(command) }
        : { name, run: wrap(command) }
    })
  const note = 'jq writes values anew, we copy bytes.'
  const ours = ['take', 'throttle', 'dlq']
  return [
    {
      title: `Pass through, pipe to pipe, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note,
      contenders: contend(command => `cat ${file} | ${command} | cat >/dev/null`),
      targets: ours.flatMap(name => [faster(name, 'jq -c .', 20), faster(name, "mawk '{print}'", 0.85)]),
    },
    {
      title: `Pass through, file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note,
      contenders: contend(command => `${command} <${file} >${folder}/output.ndjson`),
      targets: ours.flatMap(name => [faster(name, 'jq -c .', 20), faster(name, "mawk '{print}'", 1.1)]),
    },
  ]
}
