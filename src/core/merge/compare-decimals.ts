/** Compares two JSON numbers by their texts, exactly, however long they are: below 0, 0 or above 0. */
export const compareDecimals = (one: string, other: string): number => {
  const a = readDecimal(one)
  const b = readDecimal(other)
  if (a.sign !== b.sign || a.sign === 0) return a.sign - b.sign
  if (a.magnitude !== b.magnitude) return a.magnitude < b.magnitude ? -a.sign : a.sign
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -a.sign : a.sign
}

/** A sign, digits without zeros at either end, and the power of ten of the first of them. */
type Decimal = { readonly sign: -1 | 0 | 1; readonly digits: string; readonly magnitude: number }

const readDecimal = (text: string): Decimal => {
  const [, minus = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const all = whole + fraction
  const leading = /^0*/.exec(all)?.[0].length ?? 0
  const digits = all.slice(leading).replace(/0+$/, '')
  if (digits === '') return { sign: 0, digits, magnitude: 0 }
  return { sign: minus === '' ? 1 : -1, digits, magnitude: whole.length - leading + Number(exponent) }
}
