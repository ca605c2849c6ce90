import { realClock } from '../../../core/clock.js'
import { nobody } from '../../../core/io/output.js'
import { Lines } from '../../../core/lines.js'
import { findEntries, type PlacedEntry } from '../../../stores/dead-letters/find-entries.js'
import { journalLine, openJournal, readJournal } from '../../../stores/dead-letters/journal.js'
import type { CalledPlace, CallJournal } from '../../../stores/journal/call-journal.js'
import type { StoreError } from '../../../stores/store-error.js'
import { readFailure } from './outcome-text.js'

/** Whose dead letters: the file, and the step that they failed in. */
export type LettersOf = { readonly dlq: string; readonly step: string }

/** Finds failure records that were taken in the last moment of a run that was killed: they must not be written again. */
export const findKept = async (journal: CallJournal, { dlq, step }: LettersOf): Promise<void> => {
  const places = journal.listUnkept()
  if (places.length === 0) return
  const there = new Set((await findEntries(dlq, journal.created)).map(entry => `${keyOf(entry)}\0${entry.step}`))
  for (const place of places) {
    const found = journal.find(place)
    const failed = found?.word === 'failed' ? readFailure(journal.read(found)) : undefined
    if (there.has(`${keyOf(place)}\0${failed?.step ?? step}`)) journal.mark('kept', place)
  }
}

/** Marks the dead letters of calls done that were made again; of one that failed again the last one stays. */
export const markReplaced = async (journal: CallJournal, { dlq, step }: LettersOf): Promise<void> => {
  const places = journal.listOwed()
  if (places.length === 0) return
  const entries = new Map<string, PlacedEntry[]>(places.map(place => [keyOf(place), []]))
  for (const entry of await findEntries(dlq, journal.created)) {
    if (entry.step === step) entries.get(keyOf(entry))?.push(entry)
  }
  const done = new Set<string>()
  await readJournal(dlq, ({ bytes, start, end, outcome }) => {
    if (outcome === 'done') done.add(bytes.toString('latin1', start, end))
  })
  let failed: StoreError | undefined
  const letters = openJournal(dlq, {
    clock: realClock,
    warn() {},
    onError(error) {
      failed = error
    },
  })
  for (const place of places) {
    const found = entries.get(keyOf(place)) ?? []
    const outcome = journal.find(place)
    const replaced = outcome?.word === 'failed' ? found.slice(0, -1) : found
    for (const { entry } of replaced) {
      if (!done.has(entry)) letters.append(Lines.of(journalLine(entry, 0, 'done', realClock.wall()), 0), nobody)
    }
  }
  await letters.close()
  if (failed !== undefined) throw failed
  for (const place of places) {
    // Its new failure record is not there yet: the next run looks again.
    const outcome = journal.find(place)
    if (outcome?.word !== 'failed' || outcome.isKept) journal.mark('done', place)
  }
}

const keyOf = ({ number, file }: CalledPlace): string => `${number}\0${file ?? ''}`
