import { writeFileSync } from 'node:fs'
import { faster, type Row, type Setting, within } from '../row.js'

const actions = 'view search order pay cancel refund login logout'.split(' ')

const rules = `--required .id,.user --type .ok=boolean --range .amount=0..1000 --enum .action=${actions.join(',')}`

const schema = {
  required: ['id', 'user'],
  properties: {
    ok: { type: 'boolean' },
    amount: { type: 'number', minimum: 0, maximum: 1000 },
    action: { enum: actions },
  },
}

const filter = `select(has("id") and has("user") and (.ok | type == "boolean") and (.amount | type == "number" and . >= 0 and . <= 1000) and (.action | IN(${actions.map(action => `"${action}"`).join(',')})))`

/** Five rules that every record obeys, as flags and as a schema, beside jq and a loop of JSON.parse and ajv. */
export const describeRows = ({ records, data, streamz, script, folder }: Setting): readonly Row[] => {
  const file = `${folder}/check.schema.json`
  writeFileSync(file, JSON.stringify(schema))
  const wrap = (command: string) => `${command} <${data(records)} >${folder}/output.ndjson`
  return [
    {
      title: `Five rules, file to file, ${records} records`,
      unit: 's',
      rounds: [7, 3],
      note: 'jq writes values anew, the others copy bytes or lines.',
      contenders: [
        { name: 'check, rules', run: wrap(`${streamz} check ${rules}`) },
        { name: 'bare loop in Node, lines scanned', run: wrap(`${script('bare/pass')} scan`) },
        { name: 'check --schema', slow: true, run: wrap(`${streamz} check --schema ${file}`) },
        { name: 'JSON.parse + ajv', slow: true, run: wrap(`${script('bare/parse-validate')} ${file}`) },
        { name: 'jq select', needs: 'jq', slow: true, run: wrap(`jq -c '${filter}'`) },
      ],
      targets: [
        faster('check, rules', 'jq select', 15),
        faster('check, rules', 'JSON.parse + ajv', 4),
        within('check --schema', 'JSON.parse + ajv', 1.3),
      ],
    },
  ]
}
