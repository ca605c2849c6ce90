import type { Command } from 'commander'
import { createTakeOut } from '../../processors/dlq.js'
import { collect } from '../collect.js'
import type { CommonOptions } from '../common-options.js'
import { option, UsageError } from '../definition.js'
import { runStream } from '../stream.js'
import { type RouteValue, route } from '../values/route.js'

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
