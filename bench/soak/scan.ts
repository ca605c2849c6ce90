import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createScanner, type Scanner } from '../../src/core/json/scan.js'
import { createRandom, fuzzLine, fuzzPaths } from '../../test/helpers/json-fuzz.js'
import { findDifference } from '../../test/helpers/json-oracle.js'

export type Timing = { scan: number; parse: number }

export type Soak = {
  readonly lines: number
  /** What differed, the line quoted; 20 at most are kept. */
  readonly samples: readonly string[]
  readonly differences: number
  /** Seconds to tell good lines from damaged ones, by the scanner and by JSON.parse, on the same lines. */
  readonly all: Timing
  /** The same on the good lines alone: an exception of JSON.parse costs more than its work. */
  readonly good: Timing
}

/** Compares the scanner with JSON.parse on so many made lines, damaged ones among them; the same seed makes the same lines. */
export const soakScan = (lines: number, seed: number): Soak => {
  const random = createRandom(seed)
  const scanner = createScanner(fuzzPaths)
  const samples: string[] = []
  let differences = 0
  const validator = createScanner()
  const allTiming: Timing = { scan: 0, parse: 0 }
  const goodTiming: Timing = { scan: 0, parse: 0 }
  for (let done = 0; done < lines; done += chunk) {
    const made = Array.from({ length: Math.min(chunk, lines - done) }, () => fuzzLine(random))
    const bytes = Buffer.concat(made)
    const all: Range[] = []
    const good: Range[] = []
    let end = 0
    for (const line of made) {
      const start = end
      end += line.length
      all.push([start, end])
      const difference = findDifference(scanner, fuzzPaths, bytes, start, end)
      if (difference !== undefined) {
        differences++
        if (samples.length < 20) samples.push(`${difference}: ${JSON.stringify(line.toString('latin1'))}`)
      } else if (scanner.scan(bytes, start, end)) good.push([start, end])
    }
    time(validator, bytes, all, allTiming)
    time(validator, bytes, good, goodTiming)
  }
  return { lines, samples, differences, all: allTiming, good: goodTiming }
}

type Range = readonly [start: number, end: number]

const time = (validator: Scanner, bytes: Buffer, ranges: readonly Range[], timing: Timing): void => {
  const before = performance.now()
  for (const [start, end] of ranges) validator.scan(bytes, start, end)
  const between = performance.now()
  for (const [start, end] of ranges) parses(bytes.toString('utf8', start, end))
  timing.scan += (between - before) / 1000
  timing.parse += (performance.now() - between) / 1000
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const describe = (name: string, { scan, parse }: Timing) =>
  `${name}: scan ${scan.toFixed(2)} s, JSON.parse ${parse.toFixed(2)} s, ${(parse / scan).toFixed(2)}x`

// Several lines in one buffer: reading past the end of a line would be seen.
const chunk = 1000

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      lines: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  })
  const seed = Number(values.seed)
  const wanted = Number(values.lines ?? (values.quick ? 50_000 : 1_000_000))
  const { lines, samples, differences, all, good } = soakScan(wanted, seed)
  for (const sample of samples) console.log(sample)
  console.log(
    `${lines} lines, seed ${seed}: ${differences} differences; ${describe('all lines', all)}; ${describe('good lines', good)}`,
  )
  if (differences > 0) process.exitCode = 1
}
