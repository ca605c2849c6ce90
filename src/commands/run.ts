import { listMessageOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { createMessages } from '../cli/messages.js'
import { option } from '../cli/option.js'
import { print } from '../cli/printer.js'
import { canDraw } from '../cli/stream/progress.js'
import type { Resume } from '../cli/stream/stage.js'
import { UsageError } from '../cli/usage-error.js'
import { assignment } from '../cli/values/assignment.js'
import { repeated } from '../cli/values/value-parser.js'
import { loadJob } from '../pipelines/file/load-job.js'
import { describePlan } from '../pipelines/running/describe-plan.js'
import { runJob } from '../pipelines/running/run-job.js'
import { isResuming, listResumeOptions } from './map/journal/options.js'

type RunFlags = {
  readonly set?: readonly (readonly [name: string, value: string])[]
  readonly cwd?: string
  readonly dryRun?: true
  readonly progress?: boolean
  readonly color: 'never' | 'always' | 'auto'
  readonly quiet?: true
} & Resume

const group = 'Job'
const messages = 'Messages'

export const define = (): Definition => ({
  words: {
    name: 'run',
    purpose: 'Run a job file: several commands in one process, with one exit code',
    usage: 'FILE [OPTION...]',
    examples: [
      { note: 'read, call, batch and keep failures as the file says', run: 'streamz run job.yaml' },
      { note: 'show what would happen', run: 'streamz run job.yaml --dry-run' },
      { note: 'with a value for a variable of the file', run: 'streamz run job.yaml --set size=3' },
    ],
    notes:
      'FILE is YAML: input, steps, output, and options of every command, such as dlq, tolerate, deadline and summary. A route step\nhas branches with steps of their own. Mistakes are found before anything is read or created, with line and column. Paths\nstart from the folder of FILE. The output is written aside and renamed when the job is complete. Exit 75 when another run\nholds the lock.',
    seeAlso: ['lint', 'explain', 'test'],
    exit: [
      'temporary',
      'maxFail',
      'deadline',
      'hungUp',
      'interrupted',
      'quit',
      'terminated',
      'notExecutable',
      'notFound',
    ],
  },
  operands: [operand('<file>', 'the job file')],
  common: 'none',
  options: [
    option(group, '--set <name=value>', 'a value for a variable of the file; repeatable', repeated(assignment)),
    option(group, '--cwd <folder>', 'where the paths of the file start (its own folder)'),
    ...listResumeOptions(),
    option(group, '--dry-run', 'show what would happen; read and create nothing'),
    option(messages, '--progress', 'show a progress line on stderr (default on a terminal when the output is a file)'),
    option(messages, '--no-progress', 'do not show a progress line'),
    ...listMessageOptions(),
  ],
  prepare({ operands, flags, commands }: Invocation<RunFlags>) {
    const [file] = operands as [string]
    if (commands === undefined) throw new UsageError('run needs the commands that are its steps')
    return async () => {
      const job = await loadJob(file, { given: new Map(flags.set), cwd: flags.cwd, commands })
      if (isResuming(flags) && !job.steps.some(({ stage }) => stage.journal !== undefined))
        throw new UsageError('--resume needs a step with a journal, as in: map: {journal: done.journal, …}')
      if (flags.dryRun) return print('run', describePlan(job))
      const said = createMessages('run', flags.color, flags.quiet === true)
      const showsProgress = flags.progress ?? (canDraw(said) && job.output !== undefined && flags.quiet !== true)
      const saysWaits = !canDraw(said) && !showsProgress && flags.quiet !== true
      return runJob(job, { messages: said, showsProgress, saysWaits, resume: flags })
    }
  },
})
