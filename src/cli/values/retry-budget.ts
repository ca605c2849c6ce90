import type { RetryBudget } from '../../core/rules/retry-budget.js'
import { InvalidValue } from './invalid-value.js'
import { percentage } from './percentage.js'
import { valueParser } from './value-parser.js'

const wanted = 'a percentage and the number always allowed'

/** The budget of `20%/3`. Throws `InvalidValue`. */
export const retryBudget = valueParser({ wanted, example: '20%/3', closed: true }, (text): RetryBudget => {
  const [, percent = '', digits = ''] = /^([^/]*)\/(\d+)$/.exec(text) ?? []
  const floor = Number(digits)
  try {
    if (digits !== '' && Number.isSafeInteger(floor)) return { share: percentage(percent), floor }
  } catch {
    // Told below, about the whole value.
  }
  throw new InvalidValue(text, 'is not a retry budget', wanted, '20%/3')
})
