import { formatCount } from '../../cli/format.js'
import type { Messages } from '../../cli/messages.js'
import { quoteForShell } from '../../cli/stream/end-report.js'
import type { DeadLetterIndex } from '../../stores/dead-letters/index-file.js'
import { count } from './entries.js'

/** How many of the entries that are meant have been parked before. */
export const countParked = (index: DeadLetterIndex): number => {
  let parked = 0
  for (let line = 1; line <= index.lastLine; line++) {
    if (index.markAt(line) > 0 && index.stateAt(line) === 'parked') parked++
  }
  return parked
}

/** Says how many entries a replay leaves parked, and what to do with them; `now` of them it has parked itself. */
export const tellParked = (path: string, before: number, now: number, { warn }: Messages): void => {
  const all = before + now
  if (all === 0) return
  const own = now === 0 ? '' : `, ${formatCount(now)} of them now`
  const file = quoteForShell(path)
  warn(
    `${count(all, 'entry')} of ${path} ${all === 1 ? 'is' : 'are'} parked${own}; see them: streamz dlq ls --state parked ${file}; ` +
      `replay them again: streamz dlq unpark ${file}; delete them: streamz dlq purge --state parked ${file}`,
  )
}
