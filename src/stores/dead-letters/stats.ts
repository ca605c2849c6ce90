import { type Cause, type Causes, causeFields, createCauses } from '../../core/dead-letters/causes.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import type { Path } from '../../core/json/path.js'
import { createEntryTable, type EntryTable } from '../../core/tables/entry-table.js'
import type { DeadLetterFile } from './file.js'
import { countLines, type EntryMarks, type EntryState, noteOutcome, states } from './index-file.js'
import { readJournal } from './journal.js'

export type StatsOptions = {
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  /** Everything matches. */
  readonly isAll: boolean
  readonly matches: (reader: DeadLetterReader) => boolean
  /** Entries in this state are what samples and times are of; those that are not done unless given. */
  readonly state: EntryState | undefined
}

type Counts = Record<EntryState, number>

/** What a dead-letter file holds. */
export type Stats = {
  readonly bytes: number
  readonly damaged: number
  readonly foreign: number
  readonly other: number
  readonly counts: Readonly<Record<EntryState, number>>
  /** How many entries of each cause are in each state; causes without entries are left out. */
  readonly causes: readonly (Cause & { readonly counts: Readonly<Record<EntryState, number>> })[]
}

/**
 * Counts the entries of a dead-letter file by cause: an updated entry leaves the cause it had before. It is read a second
 * time when the samples and times of the first are not those of entries that are meant.
 */
export const countDeadLetters = async (file: DeadLetterFile, options: StatsOptions): Promise<Stats> => {
  const table = createEntryTable()
  const reader = createDeadLetterReader([...causeFields, ...options.fields], options.where)
  const causes = createCauses(reader)
  const walk = createWalk(file, options, reader, causes)
  const { damaged, foreign, other } = await walk((cause, bytes) => {
    if (cause !== -1) causes.seen(cause, bytes)
    table.setValue(table.place(reader.entryBytes, reader.entryStart, reader.entryEnd), cause)
  })
  const damagedJournal = await readJournal(file.path, line => noteOutcome(table, line))
  const counts: Counts = { waiting: 0, parked: 0, done: 0 }
  const byCause = causes.list.map((): Counts => ({ waiting: 0, parked: 0, done: 0 }))
  const all: Counts = { waiting: 0, parked: 0, done: 0 }
  table.each((cause, number) => {
    const state = states[number] ?? 'waiting'
    all[state]++
    const own = byCause[cause]
    if (own === undefined) return
    own[state]++
    counts[state]++
  })
  const views = byCause.map(own => chooseView(own, options.state))
  if (isMixed(all, options.state) || !areRight(causes.list, views, table)) {
    await lookAgain(walk, reader, causes, views, table)
  }
  return {
    bytes: file.size,
    damaged: damaged + damagedJournal,
    foreign,
    other,
    counts,
    causes: causes.list
      .map((cause, index) => ({ ...cause, counts: byCause[index] ?? { waiting: 0, parked: 0, done: 0 } }))
      .filter(({ counts: own }) => own.waiting + own.parked + own.done > 0),
  }
}

/** Takes the entries of the file one after another, just read; cause -1 when one does not match. */
type Walk = (take: (cause: number, bytes: Buffer) => void) => Promise<EntryMarks>

const createWalk =
  (file: DeadLetterFile, options: StatsOptions, reader: DeadLetterReader, causes: Causes): Walk =>
  take =>
    countLines(file, {
      failures(lines) {
        const { bytes } = lines
        let damaged = 0
        for (let index = 0; index < lines.length; index++) {
          if (!reader.read(bytes, lines.start(index), lines.end(index))) damaged++
          else take(options.isAll || options.matches(reader) ? causes.find(bytes) : -1, bytes)
        }
        return damaged
      },
    })

/** Of which entries of a cause the sample and the times are. */
type View = { readonly sample: EntryState | undefined; readonly timed: (state: EntryState) => boolean }

const chooseView = (counts: Counts, wanted: EntryState | undefined): View => {
  const isMeant = (state: EntryState) => (wanted === undefined ? state !== 'done' : state === wanted)
  const order: EntryState[] = ['waiting', 'parked', 'done']
  const there = order.filter(state => counts[state] > 0)
  const meant = there.filter(isMeant)
  return { sample: meant[0] ?? there[0], timed: meant.length > 0 ? isMeant : () => true }
}

/** Whether there are entries that are meant and others. */
const isMixed = ({ waiting, parked, done }: Counts, wanted: EntryState | undefined): boolean => {
  const sum = waiting + parked + done
  const meant = wanted === undefined ? waiting + parked : { waiting, parked, done }[wanted]
  return meant > 0 && meant < sum
}

const areRight = (list: Causes['list'], views: readonly View[], table: EntryTable): boolean =>
  list.every(({ sample }, cause) => {
    const wanted = views[cause]?.sample
    const name = Buffer.from(sample, 'latin1')
    return wanted === undefined || stands(table, table.find(name, 0, name.length), cause, wanted)
  })

/** Whether an entry counts for this cause in this state. */
const stands = (table: EntryTable, place: number, cause: number, state: EntryState): boolean =>
  place !== -1 && table.value(place) === cause && states[table.state(place)] === state

const lookAgain = async (
  walk: Walk,
  reader: DeadLetterReader,
  causes: Causes,
  views: readonly View[],
  table: EntryTable,
): Promise<void> => {
  for (const cause of views.keys()) causes.forgetTimes(cause)
  const chosen = new Set<number>()
  await walk((cause, bytes) => {
    const view = views[cause]
    if (view?.sample === undefined) return
    const place = table.find(reader.entryBytes, reader.entryStart, reader.entryEnd)
    if (view.timed(states[table.state(place)] ?? 'waiting')) causes.seen(cause, bytes)
    if (chosen.has(cause) || !stands(table, place, cause, view.sample)) return
    chosen.add(cause)
    causes.choose(cause, bytes)
  })
}
