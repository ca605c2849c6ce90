import { InvalidValue } from './invalid-value.js'

/** Makes a parser of whole numbers from `least` to `most`; `1e6` is a million. The parser throws `InvalidValue`. */
export const wholeNumber =
  (least = 0, most = Number.MAX_SAFE_INTEGER, example = String(Math.min(Math.max(least, 10), most))) =>
  (text: string): number => {
    const number = /^\d+(?:e\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    const problem = Number.isNaN(number) ? 'is not a whole number' : number < least ? 'is too small' : 'is too large'
    throw new InvalidValue(text, problem, wanted(least, most), example)
  }

const wanted = (least: number, most: number) =>
  most < Number.MAX_SAFE_INTEGER
    ? `a whole number from ${least} to ${most}`
    : `a whole number${least > 0 ? ` of at least ${least}` : ''}`
