import { isatty } from 'node:tty'
import { exitCodes } from '../../cli/exit-codes.js'
import { createMessages, escapeControls } from '../../cli/messages.js'
import { print } from '../../cli/printer.js'
import { type Description, describe } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import { configText } from '../../core/breaker/options.js'
import { listFiles, readState } from './list-states.js'
import type { VerbFlags } from './options.js'
import { drawTimeline, drawWindow, readChanges } from './timeline.js'

/** Tells the whole story of a circuit, or of all circuits in a folder: for people, or with `--json` an object per line. */
export const showStatus = async (path: string, flags: VerbFlags): Promise<number> => {
  const now = Date.now()
  const changes = await readChanges(path)
  const found: { file: string; breaker: Breaker; told: Description }[] = []
  for (const file of listFiles(path)) {
    const breaker = await readState(file, now)
    if (breaker !== undefined) found.push({ file, breaker, told: describe(breaker, now) })
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
    const lines = found.map(({ file, told }) => {
      const own = changes.filter(({ breaker }) => breaker === told.name)
      return `${JSON.stringify({ ...describeForPrograms(told), file, transitions: own })}\n`
    })
    return print('breaker status', lines.join(''))
  }
  const parts = found.map(({ file, breaker, told }) => {
    const own = changes.filter(({ breaker }) => breaker === told.name)
    return [
      ...told.sentences,
      `Settings${told.state === 'closed' ? '' : ' of the process that changed it last'}: ${configText(told.settings)}`,
      ...(isatty(1) ? drawWindow(breaker, now) : []),
      ...drawTimeline(own, now),
      ...adviseOn(told, file),
    ]
  })
  return print('breaker status', `${escapeControls(parts.map(lines => lines.join('\n')).join('\n\n'))}\n`)
}

const adviseOn = ({ state }: Description, file: string): readonly string[] => {
  if (state === 'closed') return []
  if (state === 'forced_closed') return [`To let it decide again: streamz breaker reset ${file}`]
  return [
    `To close it by hand: streamz breaker reset ${file}`,
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
