import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { UsageError } from '../cli/usage-error.js'
import { createFindings } from '../processors/check/findings.js'
import { createCheck } from '../processors/check.js'
import { concludeCheck } from './check/conclude.js'
import { type CheckFlags, listCheckOptions } from './check/flags.js'
import { listRules } from './check/list-rules.js'
import { chooseReports } from './check/report/choose.js'
import { type LoadedSchema, loadSchema } from './check/schema/load.js'

export const define = (): Definition => ({
  words: {
    name: 'check',
    purpose: 'Validate records with rules or a JSON Schema: good ones pass, the others fail, and a report says why',
    usage: '[--schema FILE] [RULE...] [FILE...]',
    examples: [
      {
        note: 'every record has an id, no id occurs twice, and no amount is negative',
        run: "streamz check --required .id --unique .id --range '.amount=0..' orders.ndjson > good.ndjson # exits 1",
      },
      {
        note: 'at least five records, sorted by id; only the verdict, no records',
        run: 'streamz check --count 5.. --sorted .id orders.ndjson > /dev/null',
      },
      {
        note: 'annotations in a pull request on GitHub, and a JUnit file',
        run: 'streamz check --type .amount=number --report github --report-file junit=report.xml orders.ndjson > /dev/null',
      },
      {
        note: 'a named rule that up to 20% of the records may violate',
        run: "streamz check --enum 'kind: .kind=sale,refund' --tolerate kind=20% orders.ndjson > /dev/null",
      },
    ],
    notes:
      'Rules about a field do not apply to records that lack it; use --required for that. Good records keep their exact bytes. Lines\nthat are not valid JSON and failure records of earlier stages are violations too. Without rules, check only requires that\nevery line is JSON.',
    seeAlso: ['dlq', 'take'],
  },
  operands: [operand('[files...]')],
  options: listCheckOptions(),
  prepare({ operands, flags }: Invocation<CheckFlags>) {
    const [files] = operands as [string[]]
    const { schema, unique, maxKeys, tolerate = [], ...common } = flags
    if (maxKeys !== undefined && unique === undefined) throw new UsageError('--max-keys needs --unique')
    const outlets = chooseReports(flags)
    let loaded: LoadedSchema | undefined
    const rules = listRules(flags, value => loaded?.validate(value) ?? [])
    const findings = createFindings(rules)
    const general = tolerate.findLast(({ name }) => name === undefined)?.limit ?? { count: 0 }
    const jsonLimit = tolerate.findLast(({ name }) => name === 'json')?.limit
    const allErrors = flags.allErrors === true
    return {
      command: 'check',
      options: { ...common, tolerate: general },
      files,
      begin: async () => {
        if (schema !== undefined) loaded = await loadSchema(schema, allErrors)
      },
      create({ messages }, context) {
        for (const warning of loaded?.warnings ?? []) messages.warn(warning)
        return createCheck({ findings, allErrors }, context)
      },
      writes: Object.fromEntries(outlets.map(({ format, path }) => [`--report-file ${format}=`, path])),
      reads: { '--schema': schema },
      replayable: () => false,
      conclude: concludeCheck({ flags, rules, findings, general, jsonLimit, outlets }),
    }
  },
})
