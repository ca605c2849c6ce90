import type { Cancel, Clock } from '../../core/clock.js'
import { formatDuration } from '../../core/format-duration.js'
import { formatLocal, formatMoment } from '../../core/format-moment.js'
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
    // A silence of minutes may be noticed late: one line for it.
    told.set(waiting.what, moments.filter(moment => moment <= waited).length)
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
export const describeNotice = (waiting: Waiting, waited: number, now: number): string => {
  const { what, state, until, next, why, isQuiet } = waiting
  const time = formatDuration(Math.round(waited / 1000) * 1000)
  if (isQuiet) return `No answer from ${what} in ${time}${why === undefined ? '' : ` ${why}`}`
  const due =
    until === undefined ? [] : [`${next === undefined ? 'until' : `next ${next} at`} ${formatLocal(until, now)}`]
  const facts = [...(state === undefined ? [] : [state]), ...due].join(', ')
  const link = facts === '' ? '' : state === undefined ? ', ' : ': '
  return `Has waited ${time} for ${what}${link}${facts}${why === undefined ? '' : `; ${why}`}`
}

/** How a run that was cut spent its time, both in milliseconds. */
export const describeWaited = ({ what, why, isQuiet }: Waiting, waited: number, elapsed: number): string => {
  const seconds = (ms: number) => formatDuration(Math.max(1000, Math.round(ms / 1000) * 1000))
  const from = isQuiet ? 'an answer from ' : ''
  const because = why === undefined ? '' : `${isQuiet ? '' : ';'} ${why}`
  return `Waited ${seconds(waited)} of ${seconds(elapsed)} for ${from}${what}${because}`
}

/** `waits for api: open, probe in 14s`, as a part of a progress line. */
export const describeWaiting = ({ what, name = what, state, until, next, isQuiet }: Waiting, now: number): string => {
  if (isQuiet) return `no answer from ${what}`
  const due =
    until === undefined ? [] : [next === undefined ? describeLeft(until, now) : describeNext(next, until, now)]
  const facts = [...(state === undefined ? [] : [state]), ...due]
  return `waits for ${name}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`
}

const describeNext = (next: string, until: number, now: number): string => {
  const left = until - now
  if (left <= 0) return `${next} due`
  return left < 60_000 ? `${next} in ${Math.ceil(left / 1000)}s` : `${next} at ${formatMoment(until, now)}`
}

const describeLeft = (until: number, now: number): string =>
  until - now < 60_000 ? `${Math.max(0, Math.ceil((until - now) / 1000))}s left` : `until ${formatMoment(until, now)}`

const moments = [30_000, 120_000, 480_000, 1_920_000]
