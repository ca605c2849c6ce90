import type { Cancel, Clock } from '../../core/clock.js'
import { formatDuration } from '../../core/format-duration.js'
import { formatLocal } from '../../core/format-moment.js'
import type { Messages } from '../messages.js'
import type { Tally, Waiting } from './summary.js'

/**
 * Says on standard error that a run waits, where no progress line does: after 30 s of waiting for the same thing, then after 2, 8
 * and 32 minutes. Returns what ends it.
 */
export const noticeWaits = (tally: Tally, { warn }: Pick<Messages, 'warn'>, clock: Clock): Cancel => {
  const told = new Map<string, number>()
  let cancel: Cancel = () => {}
  const look = () => {
    cancel()
    const { waiting } = tally
    if (waiting === undefined) return
    const count = told.get(waiting.what) ?? 0
    const next = moments[count]
    if (next === undefined) return
    const waited = tally.waitedFor(waiting.what)
    if (waited < next) {
      cancel = clock.after(next - waited, look)
      return
    }
    told.set(waiting.what, count + 1)
    warn(describeNotice(waiting, waited, clock.wall()))
    look()
  }
  tally.onWait = look
  return () => {
    tally.onWait = () => {}
    cancel()
  }
}

/** For what, for how long, until when and by whom. */
export const describeNotice = ({ what, until, why }: Waiting, waited: number, now: number): string => {
  const due = until === undefined ? '' : `, until ${formatLocal(until, now)}`
  return `Has waited ${formatDuration(Math.round(waited / 1000) * 1000)} for ${what}${due}${why === undefined ? '' : `; ${why}`}`
}

/** What a progress line says behind its figures about a wait. */
export const describeWaiting = (waiting: Waiting | undefined): string =>
  waiting === undefined ? '' : `  waits for ${waiting.what}${waiting.why === undefined ? '' : ` (${waiting.why})`}`

const moments = [30_000, 120_000, 480_000, 1_920_000]
