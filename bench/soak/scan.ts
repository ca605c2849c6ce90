import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createScanner } from '../../src/core/scan.js'
import { createRandom, fuzzLine, fuzzPaths } from '../../test/helpers/json-fuzz.js'
import { findDifference } from '../../test/helpers/json-oracle.js'

export type Soak = {
  readonly lines: number
  /** What differed, the line quoted; 20 at most are kept. */
  readonly samples: readonly string[]
  readonly differences: number
  /** Seconds for the good lines alone, scanner with all paths against JSON.parse. */
  readonly scanSeconds: number
  readonly parseSeconds: number
}

/** Compares the scanner with JSON.parse on so many made lines, damaged ones among them; the same seed makes the same lines. */
export const soakScan = (lines: number, seed: number): Soak => {
  const random = createRandom(seed)
  const scanner = createScanner(fuzzPaths)
  const samples: string[] = []
  let differences = 0
  let scanSeconds = 0
  let parseSeconds = 0
  for (let done = 0; done < lines; done += chunk) {
    const made = Array.from({ length: Math.min(chunk, lines - done) }, () => fuzzLine(random))
    const bytes = Buffer.concat(made)
    const good: [start: number, end: number][] = []
    let end = 0
    for (const line of made) {
      const start = end
      end += line.length
      const difference = findDifference(scanner, fuzzPaths, bytes, start, end)
      if (difference !== undefined) {
        differences++
        if (samples.length < 20) samples.push(`${difference}: ${JSON.stringify(line.toString('latin1'))}`)
      } else if (scanner.scan(bytes, start, end)) good.push([start, end])
    }
    const before = performance.now()
    for (const range of good) scanner.scan(bytes, ...range)
    const between = performance.now()
    for (const range of good) JSON.parse(bytes.toString('utf8', ...range))
    scanSeconds += (between - before) / 1000
    parseSeconds += (performance.now() - between) / 1000
  }
  return { lines, samples, differences, scanSeconds, parseSeconds }
}

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
  const { lines, samples, differences, scanSeconds, parseSeconds } = soakScan(wanted, seed)
  for (const sample of samples) console.log(sample)
  console.log(
    `${lines} lines, seed ${seed}: ${differences} differences; good lines: scan ${scanSeconds.toFixed(2)} s, ` +
      `JSON.parse ${parseSeconds.toFixed(2)} s, ${(parseSeconds / scanSeconds).toFixed(2)}x`,
  )
  if (differences > 0) process.exitCode = 1
}
