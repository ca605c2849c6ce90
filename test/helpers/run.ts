import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { realClock } from '../../src/core/clock.js'
import type { Rejected } from '../../src/core/envelope.js'
import { Failure } from '../../src/core/failure.js'
import { Output } from '../../src/core/io/output.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Line } from '../../src/core/lines.js'
import { type RunOptions, startRun } from '../../src/core/run.js'
import { temporaryFile } from './children.js'

export const fileOf = (text: string | Buffer) => {
  const path = temporaryFile('in.ndjson')
  writeFileSync(path, text)
  return path
}

/** Starts a run over these texts, each a FILE, into a file or the descriptor given; failures are kept in a list. */
export const startTest = (
  texts: readonly (string | Buffer)[],
  job: Partial<RunOptions> & Pick<RunOptions, 'create'>,
  fd?: number,
) => {
  const files = job.files ?? texts.map(fileOf)
  const path = temporaryFile('out.ndjson')
  const descriptor = fd ?? openSync(path, 'w')
  const rejected: Rejected[] = []
  const output: Output = new Output(descriptor, ({ kind, error }) =>
    run.stop(kind === 'closed' ? { why: 'closed' } : { why: 'failed', message: error.message }),
  )
  const run = startRun({
    output,
    failures: {
      put(one, receipt) {
        rejected.push(one)
        receipt.delivered(1)
      },
      flush() {},
    },
    clock: realClock,
    maxLine: 1024,
    recogniseFailures: true,
    ...job,
    files,
  })
  return {
    run,
    output,
    files,
    rejected,
    async end() {
      const cut = await run.finished
      output.close()
      if (fd === undefined) closeSync(descriptor)
      return { cut, ledger: run.ledger, text: fd === undefined ? readFileSync(path, 'latin1') : '' }
    },
  }
}

export const assertBalanced = (t: ExecutionContext, ledger: Ledger) => {
  t.is(ledger.lines, ledger.read + ledger.upstream + ledger.blank, 'lines = read + upstream + blank')
  const { read, delivered, filtered, failed, undelivered } = ledger
  t.is(read, delivered + filtered + failed + undelivered, 'read = delivered + filtered + failed + undelivered')
}

export const textOf = ({ bytes }: Line) => bytes.toString('latin1').trimEnd()

export const bad = (message: string) => new Failure('script', 'permanent', message)
