import { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import { Rows } from '../../core/json/rows.js'

/** Tells the answer to a record from that of another: it repeats the record's value at a path. */
export type Correlation = {
  readonly path: Path
  /** The JSON of a record's value. Throws a `Failure` of kind `field` or `parse` when there is none. */
  read(record: Buffer): string
  /** What is wrong with an answer, a line with its newline; undefined when it repeats the value, however that is written. */
  check(value: string, answer: Buffer): Failure | undefined
}

export const createCorrelation = (path: Path): Correlation => {
  const rows = new Rows([path])
  const find = (line: Buffer): string | undefined =>
    rows.starts[0] === -1 ? undefined : line.toString('utf8', rows.starts[0], rows.ends[0])
  return {
    path,
    read(record) {
      if (!rows.scanAlone(record)) {
        throw new Failure('parse', 'input', 'Record is not valid JSON, so it has no value for --correlate')
      }
      const value = find(record)
      if (value === undefined) {
        throw new Failure('field', 'input', `Record has no field ${path.text} for --correlate`)
      }
      return value
    },
    check(value, answer) {
      const isJson = rows.scanAlone(answer)
      const found = isJson ? find(answer) : undefined
      if (found !== undefined && (found === value || isSame(found, value))) return undefined
      const what = !isJson
        ? 'which is not JSON'
        : found === undefined
          ? 'which has none'
          : `which has ${shorten(found)}`
      return new Failure(
        'output_parse',
        'permanent',
        `Worker wrote a line for ${path.text} ${shorten(value)} ${what}: it is not an answer to this record`,
      )
    },
  }
}

const isSame = (one: string, other: string): boolean =>
  JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other))

const shorten = (json: string): string => (json.length > 60 ? `${json.slice(0, 59)}…` : json)
