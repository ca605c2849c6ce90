import { createChalk } from '../../cli/color.js'
import type { Definition } from '../../cli/definition.js'
import type { EntryState } from '../../stores/dead-letters/index-file.js'
import { countDeadLetters, type Stats } from '../../stores/dead-letters/stats.js'
import { drawStats, type RankedCause } from './draw-stats.js'
import { toJson } from './row.js'
import { isWantedState } from './select.js'
import { defineSurvey } from './survey.js'

export const define = (): Definition =>
  defineSurvey(
    {
      name: 'dlq stats',
      purpose: 'Count the entries of a dead-letter file by cause',
      usage: 'FILE [OPTION...]',
      examples: [
        { note: 'what went wrong, most frequent first', run: 'streamz dlq stats failed.ndjson' },
        { note: 'since yesterday, for a program', run: 'streamz dlq stats failed.ndjson --since 1d --json' },
      ],
      notes:
        'A cause is a kind, a stage, a status, a message and the last line of stderr or of the answer, without digits: `Line 7` and `Line 12` are the same. Updated entries\ncount once, with their last failure. Exit 1 if a line is damaged.',
      seeAlso: ['dlq'],
    },
    async ({ path, file, flags, selection, printer }) => {
      const stats = await countDeadLetters(file, { ...selection, state: flags.state })
      const causes = rank(stats, flags.state)
      const width = Math.min(printer.width, 120)
      const chalk = createChalk('auto', printer.isTerminal, process.env)
      printer.print(
        flags.json
          ? toJson(describe(stats, causes))
          : drawStats(stats, causes, { path, width, chalk, now: Date.now() }),
      )
      return stats
    },
  )

/** Causes by how many of their entries are meant, the most frequent first. */
const rank = ({ causes }: Stats, state: EntryState | undefined): readonly RankedCause[] =>
  causes
    .map(cause => {
      const { waiting, parked, done } = cause.counts
      const part = (name: EntryState, number: number) => (isWantedState(name, state) ? number : 0)
      return { ...cause, count: part('waiting', waiting) + part('parked', parked) + part('done', done) }
    })
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count)

const describe = ({ bytes, damaged, foreign, counts }: Stats, causes: readonly RankedCause[]) => {
  const by = (name: (cause: RankedCause) => string | undefined) => {
    const sums = new Map<string, number>()
    for (const cause of causes) {
      const key = name(cause)
      if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + cause.count)
    }
    return Object.fromEntries(sums)
  }
  return {
    $streamz: 'dlq-stats/1',
    entries: causes.reduce((sum, { count }) => sum + count, 0),
    ...counts,
    damaged,
    foreign,
    bytes,
    first_seen: toTime(Math.min(...causes.map(({ firstSeen }) => firstSeen).filter(Number.isFinite))),
    last_seen: toTime(Math.max(...causes.map(({ lastSeen }) => lastSeen).filter(Number.isFinite))),
    by_kind: by(({ kind }) => kind),
    by_stage: by(({ stage }) => stage),
    by_status: by(({ status }) => (status === undefined ? undefined : String(status))),
    causes: causes.map(({ kind, stage, status, message, words, count, counts: own, firstSeen, lastSeen, sample }) => ({
      count,
      kind,
      stage: stage ?? null,
      status: status ?? null,
      message: message ?? null,
      cause: words ?? null,
      ...own,
      first_seen: toTime(firstSeen),
      last_seen: toTime(lastSeen),
      sample,
    })),
  }
}

const toTime = (wall: number): string | null => (Number.isFinite(wall) ? new Date(wall).toISOString() : null)
