import { type Column, growNumbers } from './column.js'
import { type Figure, readFigure } from './read-figure.js'

/**
 * Sums and averages of numbers. Integers are summed exactly, however large; fractions with the error carried along: A. Neumaier,
 * "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
 */
export const createSums = (figures: readonly ('sum' | 'avg')[]): Column => {
  const read: Figure = { value: 0, isInteger: false, long: undefined }
  let counts = new Float64Array(0)
  // What is summed of integers, within what a double holds exactly; what was beyond is in `beyond`.
  let integers = new Float64Array(0)
  let fractions = new Float64Array(0)
  let errors = new Float64Array(0)
  let fractional = new Uint8Array(0)
  const beyond = new Map<number, bigint>()

  const addBeyond = (row: number, amount: bigint): void => {
    beyond.set(row, (beyond.get(row) ?? 0n) + amount)
  }

  const addInteger = (row: number, amount: number): void => {
    const sum = (integers[row] as number) + amount
    if (Number.isSafeInteger(sum)) integers[row] = sum
    else {
      addBeyond(row, BigInt(integers[row] as number))
      integers[row] = amount
    }
  }

  const addFraction = (row: number, amount: number): void => {
    const before = fractions[row] as number
    const sum = before + amount
    const error = Math.abs(before) >= Math.abs(amount) ? before - sum + amount : amount - sum + before
    errors[row] = (errors[row] as number) + error
    fractions[row] = sum
    fractional[row] = 1
  }

  const integerOf = (row: number): bigint => (beyond.get(row) ?? 0n) + BigInt(integers[row] as number)

  const total = (row: number): number => {
    const whole = beyond.has(row) ? Number(integerOf(row)) : (integers[row] as number)
    return whole + (fractions[row] as number) + (errors[row] as number)
  }

  const writeSum = (row: number): string => {
    if (fractional[row] === 1) return JSON.stringify(total(row))
    return beyond.has(row) ? String(integerOf(row)) : String(integers[row])
  }

  return {
    wanted: 'a number',
    grow(rows) {
      counts = growNumbers(counts, rows)
      integers = growNumbers(integers, rows)
      fractions = growNumbers(fractions, rows)
      errors = growNumbers(errors, rows)
      const older = fractional
      fractional = new Uint8Array(rows)
      fractional.set(older)
    },
    begin(row) {
      counts[row] = 0
      integers[row] = 0
      fractions[row] = 0
      errors[row] = 0
      fractional[row] = 0
    },
    read: (bytes, start, end) => readFigure(read, bytes, start, end),
    add(row) {
      counts[row] = (counts[row] as number) + 1
      if (read.long !== undefined) addBeyond(row, read.long)
      else if (read.isInteger) addInteger(row, read.value)
      else addFraction(row, read.value)
    },
    merge(row, from) {
      counts[row] = (counts[row] as number) + (counts[from] as number)
      addInteger(row, integers[from] as number)
      const more = beyond.get(from)
      if (more !== undefined) addBeyond(row, more)
      if (fractional[from] === 0) return
      addFraction(row, fractions[from] as number)
      addFraction(row, errors[from] as number)
    },
    clear: row => void beyond.delete(row),
    write(row, figure) {
      const count = counts[row] as number
      if (count === 0) return 'null'
      return figures[figure] === 'sum' ? writeSum(row) : JSON.stringify(total(row) / count)
    },
  }
}
