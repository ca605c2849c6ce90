import type { CallRate } from '../../calls/attempts/rates.js'
import type { Result } from '../../calls/call.js'
import type { WeighedRate } from '../../cli/values/rate.js'
import { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { createScanner } from '../../core/json/scan.js'
import type { Line } from '../../core/lines.js'
import { createCallLimit } from '../../core/rules/gcra.js'
import { readItems } from '../../processors/map/batch-items.js'
import { parseFailure } from '../../processors/map/shape.js'
import type { MapFlags } from './options.js'

/** The rates that calls keep, as the flags describe them; undefined: none. */
export const readRates = ({ rate, settle, batch }: MapFlags): readonly CallRate[] | undefined =>
  rate?.map(given => ({
    limit: createCallLimit(given.count, given.per, given.burst ?? 1),
    costOf: batch && !countsCalls(given) ? sumItems(weigh(given)) : weigh(given),
    ...(settle === undefined || given.of === undefined ? {} : { settledBy: readAnswer(settle) }),
  }))

const countsCalls = ({ of, bytes }: WeighedRate): boolean => of === undefined && !bytes

type Weigh = (line: Line) => number

const weigh = ({ of, bytes }: WeighedRate): Weigh => {
  if (of === undefined) return bytes ? ({ bytes: { length } }) => length - 1 : () => 1
  const read = createReader(of)
  return line => {
    const cost = read(line.bytes)
    if (cost === 'none') throw new Failure('field', 'input', `Line ${line.number} has no field ${of.text} for --rate`)
    if (cost === 'unreadable') throw parseFailure(line)
    if (cost >= 0 && cost < Number.POSITIVE_INFINITY) return cost
    throw new Failure('field', 'input', `Line ${line.number}: ${of.text} for --rate is no number from 0 up`)
  }
}

/** A batch weighs what its items do. */
const sumItems =
  (one: Weigh): Weigh =>
  line =>
    readItems(line).reduce((sum, item) => sum + one(item), 0)

const readAnswer = (path: Path): ((answer: Result) => number | undefined) => {
  const read = createReader(path)
  return ([first]) => {
    const cost = first === undefined ? 'none' : read(first)
    return typeof cost === 'number' && cost >= 0 && cost < Number.POSITIVE_INFINITY ? cost : undefined
  }
}

/** Gives the number at a path, NaN for another value there. */
const createReader = (path: Path): ((bytes: Buffer) => number | 'none' | 'unreadable') => {
  const scanner = createScanner([path])
  return bytes => {
    if (!scanner.scan(bytes, 0, bytes.length)) return 'unreadable'
    const start = scanner.starts[0] ?? -1
    return start === -1 ? 'none' : (readNumber(bytes, start, scanner.ends[0] ?? -1) ?? Number.NaN)
  }
}
