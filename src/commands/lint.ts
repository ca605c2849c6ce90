import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { exitCodes } from '../cli/exit-codes.js'
import { option } from '../cli/option.js'
import { createPrinter, print } from '../cli/printer.js'
import { UsageError } from '../cli/usage-error.js'
import { assignment } from '../cli/values/assignment.js'
import { repeated } from '../cli/values/value-parser.js'
import { findFacts } from '../pipelines/file/facts.js'
import { loadJob } from '../pipelines/file/load-job.js'
import type { Job } from '../pipelines/file/read-job.js'
import { createSchema } from '../pipelines/file/schema.js'

type LintFlags = { readonly set?: readonly (readonly [name: string, value: string])[]; readonly schema?: true }

const group = 'Job'

export const define = (): Definition => ({
  words: {
    name: 'lint',
    purpose: 'Check job files without running them',
    usage: 'FILE... [--set NAME=VALUE...]',
    examples: [
      { note: 'every mistake with its line and column', run: 'streamz lint job.yaml' },
      { note: 'the JSON Schema of job files, for editors', run: 'streamz lint --schema > job.schema.json' },
    ],
    notes:
      'Checks keys, values and combinations of flags as the commands themselves do, and reads no other file. Programs, hosts,\nsecrets and input files are looked for when the job runs. Exit 2 if a file has a mistake.',
    seeAlso: ['run', 'explain', 'test'],
  },
  operands: [operand('[files...]', 'job files')],
  common: 'none',
  options: [
    option(group, '--set <name=value>', 'a value for a variable of the files; repeatable', repeated(assignment)),
    option(group, '--schema', 'print the JSON Schema of job files'),
  ],
  prepare({ operands, flags, commands = {} }: Invocation<LintFlags>) {
    const [files] = operands as [string[]]
    if (flags.schema) return () => print('lint', `${JSON.stringify(createSchema(commands), null, 2)}\n`)
    if (files.length === 0) throw new UsageError('No FILE was given; example: streamz lint job.yaml')
    return async () => {
      const printer = createPrinter('lint')
      const folder = process.cwd()
      let code: number = exitCodes.ok.code
      for (const file of files) {
        try {
          const job = await loadJob(file, { given: new Map(flags.set), commands })
          printer.print(`${file}: ${describe(job)}\n`)
        } catch (error) {
          if (!(error instanceof UsageError)) throw error
          printer.messages.error(error.message)
          code = exitCodes.usage.code
        } finally {
          process.chdir(folder)
        }
      }
      return printer.end(code)
    }
  },
})

const describe = (job: Job): string => {
  const { hosts, secrets } = findFacts(job)
  const { branches } = job
  // The last step of these is not in the file.
  const ends = branches.filter(({ end }) => end.kind === 'dlq')
  return [
    count(job.steps.length - ends.length, 'step'),
    ...(branches.length === 0 ? [] : [count(branches.length, 'branch', 'branches')]),
    count(hosts.length, 'host'),
    count(secrets.length, 'secret'),
  ].join(', ')
}

const count = (number: number, one: string, more = `${one}s`): string => `${number} ${number === 1 ? one : more}`
