import type { Option } from 'commander'
import { option } from '../../cli/option.js'
import { choice, choices } from '../../cli/values/choice.js'
import { expression } from '../../cli/values/expression.js'
import { moment } from '../../cli/values/moment.js'
import { failureClasses } from '../../cli/values/route.js'
import { repeated } from '../../cli/values/value-parser.js'
import { realClock } from '../../core/clock.js'
import type { DeadLetterReader, Field } from '../../core/dead-letters/reader.js'
import { nameStage, readStage, stageFields } from '../../core/dead-letters/stage.js'
import { compileExpressions } from '../../core/expressions/compile.js'
import type { Expression } from '../../core/expressions/parse.js'
import { kinds } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import type { EntryState } from '../../stores/dead-letters/index-file.js'

/** Which entries are meant; without any of these, all. */
export type SelectFlags = {
  readonly kind?: readonly string[]
  readonly class?: readonly string[]
  readonly stage?: string
  readonly since?: number
  readonly until?: number
  readonly where?: readonly Expression[]
}

const group = 'Select entries'

export const listSelectOptions = (): readonly Option[] => [
  option(group, '--kind <list>', 'comma-separated kinds of failure', choices(kinds)),
  option(group, '--class <list>', `comma-separated classes: ${failureClasses.join(', ')}`, choices(failureClasses)),
  option(group, '--stage <name>', 'that failed in this stage; a stage without a name has the name of its command'),
  option(
    group,
    '--since <moment>',
    'that last failed at this time or later: 2h (ago), 2026-11-23',
    moment(realClock.wall),
  ),
  option(group, '--until <moment>', 'that last failed before this time', moment(realClock.wall)),
  option(
    group,
    '--where <expression>',
    "for whose record this is true, as for filter: '.amount > 100'; repeatable, all must be true",
    repeated(expression),
  ),
]

/** The option that selects states; entries that are done are not selected by default. */
export const stateOption = () =>
  option(
    group,
    '--state <state>',
    '`waiting`, `parked` or `done` (waiting and parked)',
    choice(['waiting', 'parked', 'done']),
  )

/** Whether a state is meant by `--state`. */
export const isWantedState = (state: EntryState, wanted: EntryState | undefined): boolean =>
  wanted === undefined ? state !== 'done' : state === wanted

export type Selection = {
  /** What `matches` looks at. */
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  /** Nothing is left out. */
  readonly isAll: boolean
  /** Whether the entry that was just read is one of those meant. */
  matches(reader: DeadLetterReader): boolean
}

export const createSelection = (flags: SelectFlags): Selection => {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, where = [] } = flags
  const { paths, tests } = compileExpressions(where)
  const isTimed = flags.since !== undefined || flags.until !== undefined
  const fields: Field[] = []
  if (flags.class !== undefined) fields.push('class')
  if (flags.stage !== undefined) fields.push(...stageFields)
  if (isTimed) fields.push('time')
  return {
    fields,
    where: paths,
    isAll: !isSelecting(flags),
    matches(reader) {
      if (flags.kind !== undefined && !flags.kind.includes(reader.text('kind') ?? '')) return false
      if (flags.class !== undefined && !flags.class.includes(reader.text('class') ?? '')) return false
      if (flags.stage !== undefined && readStage(reader) !== nameStage(flags.stage)) return false
      if (isTimed) {
        const time = Date.parse(reader.text('time') ?? '')
        if (!(time >= since && time < until)) return false
      }
      return tests.every(reader.fits)
    },
  }
}

/** Whether any of the options is given. */
export const isSelecting = ({ kind, class: classes, stage, since, until, where }: SelectFlags): boolean =>
  [kind, classes, stage, since, until, where].some(flag => flag !== undefined)
