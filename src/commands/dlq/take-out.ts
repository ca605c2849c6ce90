import type { Option } from 'commander'
import type { CommonOptions } from '../../cli/common-options.js'
import { option } from '../../cli/option.js'
import type { Stage } from '../../cli/stream/stage.js'
import { type RouteValue, route } from '../../cli/values/route.js'
import { repeated } from '../../cli/values/value-parser.js'
import { createTakeOut } from '../../processors/dlq.js'

export type TakeFlags = CommonOptions & { readonly to?: string; readonly route?: readonly RouteValue[] }

const group = 'Dead letters'

export const listTakeOptions = (): readonly Option[] => [
  option(group, '--to <file>', 'append failure records to this file'),
  option(
    group,
    '--route <field=value:file>',
    'append failures of this kind, class, stage or status to another file; the first match wins',
    repeated(route),
  ),
]

/** Takes failure records out of a stream and keeps them in a file. */
export const prepareTakeOut = (flags: TakeFlags, to: string, files: readonly string[]): Stage => ({
  command: 'dlq',
  options: flags,
  files,
  deadLetters: to,
  routes: flags.route ?? [],
  create: ({ deadLetters, keptUpstream }, context) => {
    if (deadLetters === undefined) throw new Error('No dead-letter file was opened')
    // Written once per read, when the run flushes its failures: the lock costs more than a thousand lines.
    return createTakeOut({ keep: lines => deadLetters.append(lines, keptUpstream) }, context)
  },
})
