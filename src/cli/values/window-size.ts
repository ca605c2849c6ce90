import { duration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a number of calls, a time, or both'
const example = '100/60s, 100 or 60s'

/** The last N calls, those of the last milliseconds, or both. */
export type WindowSize = { readonly count: number | undefined; readonly time: number | undefined }

/** The window of `100/60s`, `100` or `60s`. Throws `InvalidValue`. */
export const windowSize = valueParser({ wanted, example, closed: true }, (text): WindowSize => {
  const [first = '', second, ...more] = text.split('/')
  if (more.length > 0 || (second !== undefined && !isCount(first))) throw invalid(text)
  const count = isCount(first) ? Number(first) : undefined
  const time = count === undefined ? first : second
  const ms = time === undefined ? undefined : milliseconds(text, time)
  if (count === 0 || ms === 0) throw new InvalidValue(text, 'has room for no call', wanted, example)
  return { count, time: ms }
})

const isCount = (text: string) => /^\d{1,9}$/.test(text)

const invalid = (text: string) => new InvalidValue(text, 'is not a window', wanted, example)

const milliseconds = (text: string, time: string) => {
  try {
    return duration(time)
  } catch {
    throw invalid(text)
  }
}
