import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { realClock } from '../../src/core/clock.js'
import type { Rejected } from '../../src/core/envelope.js'
import { Failure } from '../../src/core/failure.js'
import { Output, type Receipt } from '../../src/core/io/output.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Line } from '../../src/core/lines.js'
import { type RunOptions, startRun } from '../../src/core/run.js'
import type { StageOptions } from '../../src/core/stage.js'
import { temporaryFile } from './children.js'

export const fileOf = (text: string | Buffer) => {
  const path = temporaryFile('in.ndjson')
  writeFileSync(path, text)
  return path
}

type TestOptions = Partial<RunOptions> &
  Partial<Omit<StageOptions, 'create'>> & {
    /** One processor, or several behind each other. */
    readonly create: StageOptions['create'] | readonly StageOptions['create'][]
  }

/** Starts a run over these texts, each a FILE, into a file or the descriptor given; failures are kept in a list. */
export const startTest = (
  texts: readonly (string | Buffer)[],
  { create, failures, event, tooManyFailures, before, ...job }: TestOptions,
  fd?: number,
) => {
  const files = job.files ?? texts.map(fileOf)
  const path = temporaryFile('out.ndjson')
  const descriptor = fd ?? openSync(path, 'w')
  const rejected: Rejected[] = []
  const output: Output = new Output(descriptor, ({ kind, error }) =>
    run.stop(kind === 'closed' ? { why: 'closed' } : { why: 'failed', message: error.message }),
  )
  const stage = {
    failures: failures ?? {
      put(one: Rejected, receipt: Receipt) {
        rejected.push(one)
        receipt.delivered(1)
      },
      flush() {},
    },
    event,
    tooManyFailures,
    before,
  }
  const creates = typeof create === 'function' ? [create] : create
  const run = startRun({
    output,
    stages: creates.map(one => ({ ...stage, create: one })),
    blanks: before !== undefined,
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
      return {
        cut,
        ledger: run.ledger,
        ledgers: run.ledgers,
        text: fd === undefined ? readFileSync(path, 'latin1') : '',
      }
    },
  }
}

export const assertBalanced = (t: ExecutionContext, ledger: Ledger, what = 'it balances') => {
  t.is(ledger.lines, ledger.read + ledger.upstream + ledger.blank, `${what}: lines = read + upstream + blank`)
  const { read, delivered, filtered, failed, undelivered, unneeded } = ledger
  t.is(
    read,
    delivered + filtered + failed + undelivered + unneeded,
    `${what}: read = delivered + filtered + failed + undelivered + unneeded`,
  )
}

export const textOf = ({ bytes }: Line) => bytes.toString('latin1').trimEnd()

export const bad = (message: string) => new Failure('script', 'permanent', message)
