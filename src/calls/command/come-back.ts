import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { readLater } from '../later/read-later.js'

/**
 * The failure of a command that ended with another exit code than 0, as a refusal when it says when to come back: with 75 and
 * `retry-after: 3600` as its last line on stderr, or with any code and what the pattern's group matches last, in what is kept
 * of its stderr, else of its stdout.
 */
export type ComeBack = (failure: Failure, stderr: string, output: Buffer) => Failure

/** Bytes at the end of its stdout that are looked at. */
const kept = 4096

export const createComeBack = (pattern: RegExp | undefined, clock: Clock): ComeBack => {
  const readPattern = (text: string): string | undefined =>
    pattern === undefined ? undefined : [...text.matchAll(pattern)].at(-1)?.[1]

  return (failure, stderr, output) => {
    const { exit } = failure.facts
    if (exit === undefined) return failure
    const said =
      (exit === 75 ? lastLine.exec(stderr.trimEnd())?.[1] : undefined) ??
      readPattern(stderr) ??
      readPattern(output.subarray(-kept).toString())
    const ms = said === undefined ? undefined : readLater(said, clock.wall())
    if (ms === undefined) return failure
    const { kind, message, facts } = failure
    return new Failure(kind, 'throttled', message, ms > 0 ? { ...facts, retryAfter: ms } : facts)
  }
}

const lastLine = /(?:^|\n)\s*retry-after:\s*([^\n]+)$/i
