import { isatty } from 'node:tty'
import type { ChalkInstance } from 'chalk'
import { createChalk } from '../../cli/color.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { limitWidth, wrap } from '../../cli/help/wrap.js'
import { createMessages, escapeControls } from '../../cli/messages.js'
import { print } from '../../cli/printer.js'
import { quoteForShell } from '../../cli/stream/end-report.js'
import { hasEnded } from '../../cli/who.js'
import { type Description, describe } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import { configText } from '../../core/breaker/options.js'
import type { Effect, StateName } from '../../core/breaker/state.js'
import { isAddress } from '../../stores/servers/address.js'
import { listStates, readState } from './list-states.js'
import type { VerbFlags } from './options.js'
import { drawTimeline, drawWindow, type LoggedChange, readChanges } from './timeline.js'

/** Tells the whole story of a circuit, or of all circuits in a folder: for people, or with `--json` an object per line. */
export const showStatus = async (path: string, flags: VerbFlags): Promise<number> => {
  const changes = isAddress(path) ? [] : await readChanges(path)
  const found: { file: string; breaker: Breaker; now: number; told: Description; own: readonly LoggedChange[] }[] = []
  for (const file of await listStates(path)) {
    const loaded = await readState(file)
    if (loaded === undefined) continue
    const { breaker, effects, now } = loaded
    const own = changes.filter(change => change.breaker === breaker.options.name)
    const causes = [...clockEffects(breaker, effects, own), ...effects]
    found.push({ file, breaker, now, own, told: describe(breaker, now, hasEnded, causes) })
  }
  if (found.length === 0) {
    if (flags.json) return print('breaker status', '')
    const messages = createMessages('breaker status', flags.color, flags.quiet === true)
    messages.note(`No state in ${path}: a run would start closed`)
    await messages.output.flush()
    messages.output.close()
    return exitCodes.ok.code
  }
  if (flags.json) {
    const lines = found.map(
      ({ file, told, own }) => `${JSON.stringify({ ...describeForPrograms(told), file, transitions: own })}\n`,
    )
    return print('breaker status', lines.join(''))
  }
  const chalk = createChalk(flags.color, isatty(1), process.env)
  const width = Math.min(limitWidth(process.stdout.columns), 100)
  const parts = found.map(({ file, breaker, now, told, own }) => {
    const settings = `Settings${told.state === 'closed' ? '' : ' of the process that changed it last'}: ${configText(told.settings)}`
    const [first = '', ...others] = told.sentences.map(sentence => wrap(escapeControls(sentence), width))
    return [
      paintState(first, told.state, chalk),
      ...others,
      wrap(escapeControls(settings), width),
      ...describeLine(told).map(line => wrap(escapeControls(line), width)),
      ...(isatty(1) ? drawWindow(breaker, now) : []),
      ...drawTimeline(own, now, width).map(escapeControls),
      ...adviseOn(told, file).map(escapeControls),
    ]
  })
  return print('breaker status', `${parts.map(lines => lines.join('\n')).join('\n\n')}\n`)
}

/** The clock was set back and a run has stored that: the log says when, and the first sentence must. */
const clockEffects = (
  { machine }: Breaker,
  effects: readonly Effect[],
  changes: readonly LoggedChange[],
): readonly Effect[] => {
  const last = changes.findLast(({ type }) => type === 'clock')
  const at = Date.parse(last?.time ?? '')
  if (last === undefined || machine.state === 'closed' || at < machine.since) return []
  return effects.some(({ type }) => type === 'clock') ? [] : [{ type: 'clock', at, message: last.why ?? '' }]
}

const describeLine = ({ state, reason }: Description): readonly string[] =>
  state === 'closed' || reason?.who?.line === undefined ? [] : [`Its command line: ${reason.who.line}`]

const paintState = (sentence: string, state: StateName, chalk: ChalkInstance): string => {
  const word = state.replace('_', ' ')
  const paint = state === 'closed' ? chalk.green : state === 'half_open' ? chalk.yellow : chalk.red
  return sentence.replace(` ${word} `, ` ${paint(chalk.bold(word))} `)
}

const adviseOn = ({ state }: Description, file: string): readonly string[] => {
  if (state === 'closed') return []
  if (state === 'forced_closed') return [`To let it decide again: streamz breaker reset ${quoteForShell(file)}`]
  return [
    `To close it by hand: streamz breaker reset ${quoteForShell(file)}`,
    `To run without it: streamz breaker --no-state … -- COMMAND`,
  ]
}

/** The words of the state file; times as ISO texts. */
const describeForPrograms = (told: Description) => {
  const { name, state, open, since, until, generation, reopened, reason, override, probe, counters } = told
  return {
    name,
    state,
    open,
    since: iso(since),
    outage_since: state === 'closed' ? null : iso(told.began),
    until: until === null ? null : iso(until),
    generation,
    reopened,
    reason,
    override: override === null ? null : { ...override, since: iso(override.since), until: iso(override.until) },
    probe_due: told.probeDue === null ? null : iso(told.probeDue),
    probe,
    window: told.window,
    streak: told.streak,
    settings: told.settings,
    counters,
    errors: told.errors.map(error => ({ ...error, time: iso(error.time) })),
    sentences: told.sentences,
  }
}

const iso = (time: number): string | null => {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
