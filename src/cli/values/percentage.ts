import { decimal } from './decimal.js'
import { InvalidValue } from './invalid-value.js'

/** The fraction, 0 to 1, of `50%` or `0.5%`. Throws `InvalidValue`. */
export const percentage = (text: string): number => {
  const share = parse(text)
  if (share === undefined) throw new InvalidValue(text, 'is not a percentage', 'a number from 0% to 100%', '50%')
  return share
}

/** A number of records, or a share of all of them from 0 to 1. */
export type CountOrShare = { readonly count: number } | { readonly share: number }

/** `5` is a count, `1%` a share. Throws `InvalidValue`. */
export const countOrPercent = (text: string): CountOrShare => {
  const share = parse(text)
  if (share !== undefined) return { share }
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(count)) return { count }
  throw new InvalidValue(text, 'is neither a count nor a percentage', 'a whole number, or from 0% to 100%', '5 or 1%')
}

const shape = new RegExp(`^(${decimal})%$`)

const parse = (text: string): number | undefined => {
  const share = Number(`${shape.exec(text)?.[1] ?? 'none'}e-2`)
  return share <= 1 ? share : undefined
}
