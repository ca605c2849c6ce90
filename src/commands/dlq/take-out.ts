import type { Command } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { option } from '../../cli/definition.js'
import { runStream } from '../../cli/stream/run-stream.js'
import { UsageError } from '../../cli/usage-error.js'
import { collect } from '../../cli/values/collect.js'
import { type RouteValue, route } from '../../cli/values/route.js'
import { createTakeOut } from '../../processors/dlq.js'

export type TakeFlags = CommonOptions & { readonly to?: string; readonly route?: readonly RouteValue[] }

const group = 'Dead letters'

export const addTakeOptions = (command: Command): Command =>
  command
    .addOption(option(group, '--to <file>', 'append failure records to this file'))
    .addOption(
      option(
        group,
        '--route <field=value:file>',
        'failures of this kind, class, stage or status to a file of their own; the first that fits counts',
      ).argParser(collect('--route', route)),
    )

/** Takes failure records out of a stream and keeps them in a file. */
export const takeOut = (flags: TakeFlags, files: readonly string[]): Promise<number> => {
  const other = flags.dlq !== undefined ? '--dlq' : flags.inline ? '--inline' : flags.failures && '--failures'
  if (other) throw new UsageError(`${other} goes with other commands; here --to FILE says where failures go`)
  return runStream({
    command: 'dlq',
    options: flags,
    files,
    ...(flags.to === undefined ? {} : { deadLetters: flags.to }),
    routes: flags.route ?? [],
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
}
