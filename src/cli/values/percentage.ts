import { decimal } from './decimal.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const share = { wanted: 'a number from 0% to 100%', example: '50%' }
const countOrShare = { wanted: 'a whole number, or from 0% to 100%', example: '5 or 1%' }

/** The fraction, 0 to 1, of `50%` or `0.5%`. Throws `InvalidValue`. */
export const percentage = valueParser({ ...share, closed: true }, (text): number => {
  const fraction = parse(text)
  if (fraction === undefined) throw new InvalidValue(text, 'is not a percentage', share.wanted, share.example)
  return fraction
})

const positiveShare = { wanted: 'a number above 0%, up to 100%', example: '50%' }

/** The fraction of a percentage that is not 0%. Throws `InvalidValue`. */
export const positivePercentage = valueParser({ ...positiveShare, closed: true }, (text): number => {
  const fraction = parse(text)
  if (fraction !== undefined && fraction > 0) return fraction
  throw new InvalidValue(text, 'is not a percentage above 0%', positiveShare.wanted, positiveShare.example)
})

/** A number of records, or a share of all of them from 0 to 1. */
export type CountOrShare = { readonly count: number } | { readonly share: number }

/** `5` is a count, `1%` a share. Throws `InvalidValue`. */
export const countOrPercent = valueParser({ ...countOrShare, closed: true }, (text): CountOrShare => {
  const share = parse(text)
  if (share !== undefined) return { share }
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(count)) return { count }
  throw new InvalidValue(text, 'is neither a count nor a percentage', countOrShare.wanted, countOrShare.example)
})

const shape = new RegExp(`^(${decimal})%$`)

const parse = (text: string): number | undefined => {
  const share = Number(`${shape.exec(text)?.[1] ?? 'none'}e-2`)
  return share <= 1 ? share : undefined
}
