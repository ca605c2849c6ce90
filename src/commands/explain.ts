import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { print } from '../cli/printer.js'
import { assignment } from '../cli/values/assignment.js'
import { repeated } from '../cli/values/value-parser.js'
import { loadJob } from '../pipelines/file/load-job.js'
import { explainJob } from '../pipelines/running/explain-job.js'

type ExplainFlags = { readonly set?: readonly (readonly [name: string, value: string])[] }

export const define = (): Definition => ({
  words: {
    name: 'explain',
    purpose: 'Print a job file as the shell pipeline that does the same',
    usage: 'FILE [--set NAME=VALUE...]',
    examples: [
      { note: 'the job as a script', run: 'streamz explain job.yaml' },
      { note: 'run it as a script', run: 'streamz explain job.yaml --set size=3 | bash' },
    ],
    notes:
      'The script is for bash and gives the same records, by a process for each step. What a shell cannot express, such as lock or\none summary for all steps, is a comment at its top. Values of secrets are not printed.',
    seeAlso: ['run', 'lint', 'test'],
  },
  operands: [operand('<file>', 'the job file')],
  common: 'none',
  options: [
    option('Job', '--set <name=value>', 'a value for a variable of the file; repeatable', repeated(assignment)),
  ],
  prepare({ operands, flags, commands = {} }: Invocation<ExplainFlags>) {
    const [file] = operands as [string]
    return async () => print('explain', explainJob(await loadJob(file, { given: new Map(flags.set), commands }), file))
  },
})
