import { type Column, growNumbers } from './column.js'
import { type Figure, readFigure } from './read-figure.js'

/**
 * Sums and averages of numbers. Integers are summed exactly, however large; fractions with the error carried along: A. Neumaier,
 * "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
 */
export const createSums = (figures: readonly ('sum' | 'avg')[]): Column => {
  const read: Figure = { value: 0, isInteger: false, long: undefined }
  // Of each row: how many values; what is summed of integers, within what a double holds exactly (the rest is in `beyond`);
  // the sum of fractions and its error. Next to each other, for the processor's cache.
  let numbers = new Float64Array(0)
  const beyond = new Map<number, bigint>()

  const addBeyond = (row: number, amount: bigint): void => {
    beyond.set(row, (beyond.get(row) ?? 0n) + amount)
  }

  const addInteger = (row: number, amount: number): void => {
    const at = row * width + INTEGER
    const before = numbers[at] as number
    const sum = before + amount
    if (Number.isSafeInteger(sum)) numbers[at] = sum
    else {
      addBeyond(row, BigInt(before))
      numbers[at] = amount
    }
  }

  const addFraction = (row: number, amount: number): void => {
    const at = row * width + FRACTION
    const before = numbers[at] as number
    const sum = before + amount
    const error = Math.abs(before) >= Math.abs(amount) ? before - sum + amount : amount - sum + before
    numbers[at] = sum
    numbers[at + 1] = (numbers[at + 1] as number) + error
  }

  const integerOf = (row: number): bigint => (beyond.get(row) ?? 0n) + BigInt(numbers[row * width + INTEGER] as number)

  const fractionOf = (row: number): number =>
    (numbers[row * width + FRACTION] as number) + (numbers[row * width + ERROR] as number)

  const total = (row: number): number => {
    const whole = beyond.has(row) ? Number(integerOf(row)) : (numbers[row * width + INTEGER] as number)
    return whole + fractionOf(row)
  }

  const writeSum = (row: number): string =>
    beyond.has(row) && fractionOf(row) === 0 ? String(integerOf(row)) : JSON.stringify(total(row))

  return {
    wanted: 'a number',
    grow(rows) {
      numbers = growNumbers(numbers, rows * width)
    },
    begin: row => void numbers.fill(0, row * width, (row + 1) * width),
    read: (bytes, start, end) => readFigure(read, bytes, start, end),
    add(row) {
      const at = row * width + COUNT
      numbers[at] = (numbers[at] as number) + 1
      if (read.long !== undefined) addBeyond(row, read.long)
      else if (read.isInteger) addInteger(row, read.value)
      else addFraction(row, read.value)
    },
    merge(row, from) {
      const at = row * width + COUNT
      numbers[at] = (numbers[at] as number) + (numbers[from * width + COUNT] as number)
      addInteger(row, numbers[from * width + INTEGER] as number)
      const more = beyond.get(from)
      if (more !== undefined) addBeyond(row, more)
      addFraction(row, numbers[from * width + FRACTION] as number)
      addFraction(row, numbers[from * width + ERROR] as number)
    },
    clear: row => void beyond.delete(row),
    write(row, figure) {
      const count = numbers[row * width + COUNT] as number
      if (count === 0) return 'null'
      return figures[figure] === 'sum' ? writeSum(row) : JSON.stringify(total(row) / count)
    },
  }
}

const COUNT = 0
const INTEGER = 1
const FRACTION = 2
const ERROR = 3
const width = 4
