import { addCommonOptions, type CommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, option, UsageError } from '../cli/definition.js'
import { runStream } from '../cli/stream.js'
import { createTakeOut } from '../processors/dlq.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'dlq',
    purpose: 'Keep failed records in a dead-letter file and let good ones pass',
    usage: '--to FILE [INPUT...]',
    examples: [
      {
        note: 'what fails in map is kept in failed.ndjson, what succeeds goes on',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson |\n  streamz dlq --to failed.ndjson # exits 1: it took one',
      },
      {
        note: 'a few failures are all right',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson | streamz dlq --to failed.ndjson --tolerate 50%',
      },
    ],
    notes:
      'A dead-letter file holds a failure record per line, for its owner only. Several processes may append to it at once:\nwhole lines, under a lock, synced at most a second later and before the end. Exit 1 when it took any.',
    seeAlso: ['map'],
    exit: ['maxFail'],
  })
    .argument('[inputs...]')
    .addOption(option('Dead letters', '--to <file>', 'append failure records to this file'))
  addCommonOptions(command)
  return {
    command,
    run({ operands }) {
      const [files] = operands as [string[]]
      const options = command.opts<CommonOptions & { readonly to?: string }>()
      if (options.to === undefined) {
        throw new UsageError(
          'No file is given to keep failures in: use --to FILE, as in: streamz dlq --to failed.ndjson',
        )
      }
      const other = options.dlq !== undefined ? '--dlq' : options.inline ? '--inline' : options.failures && '--failures'
      if (other) throw new UsageError(`${other} goes with other commands; here --to FILE says where failures go`)
      return runStream({
        command: 'dlq',
        options,
        files,
        deadLetters: options.to,
        create: ({ deadLetters, keptUpstream }, context) => {
          if (deadLetters === undefined) throw new Error('No dead-letter file was opened')
          return createTakeOut(
            {
              keep: lines => {
                deadLetters.append(lines, keptUpstream)
                return deadLetters.flush()
              },
            },
            context,
          )
        },
      })
    },
  }
}
