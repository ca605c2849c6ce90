import { type CallRate, createRates, type Rates } from '../../calls/attempts/rates.js'
import { createSharedRates } from '../../calls/attempts/shared-rates.js'
import type { Result } from '../../calls/call.js'
import { namePlace } from '../../cli/servers/prepare.js'
import type { Shared } from '../../cli/stream/stage.js'
import type { WeighedRate } from '../../cli/values/rate.js'
import { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Line } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'
import { describeUsers, type SlotUser } from '../../core/rules/describe-users.js'
import { createCallLimit } from '../../core/rules/gcra.js'
import { readItems } from '../../processors/map/batch-items.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { checkSharedRates, explainStore, forgetLimit, openSharedLimit } from '../throttle/shared-limit.js'
import type { MapFlags } from './options.js'

/** The rates around the calls of one run. */
export type RunRates = {
  readonly rates: Rates | undefined
  /** Throws a `UsageError` when the file of the rates holds others. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Makes the rates that the flags ask for, of this run alone or in a file. */
export const createRunRates = (flags: MapFlags, { messages }: Shared, context: Context): RunRates => {
  const { clock, stopping } = context
  const { rate = [] } = flags
  const path = flags.rateState === undefined ? undefined : findPath(namePlace('--rate-state', flags.rateState))
  const given = readRates(flags)
  if (given === undefined) return { rates: undefined, async start() {}, async close() {} }
  if (path === undefined)
    return { rates: createRates({ rates: given, clock, stopping }), async start() {}, async close() {} }
  const limits = rate.map(({ text, count, per, burst }, index) => ({
    text,
    burst,
    limit: (given[index] as CallRate).limit,
    interval: per / count,
  }))
  const source = openSharedLimit({ path, limits, maxKeys: 1, timeout: 30_000, stage: flags.stage }, messages, clock)
  const onError = (error: unknown) => context.stop(explainStore(error, '--rate-state'))
  return {
    rates: createSharedRates({
      rates: given,
      clock,
      stopping,
      source,
      ...tellWaits(isAddress(path) ? path : (flags.rateState ?? path), context),
      onError,
    }),
    async start() {
      if (flags.rateStateReset) await forgetLimit(path)
      await checkSharedRates(
        path,
        rate.map(({ text }) => text),
        'or start again with --rate-state-reset',
      )
    },
    close: () => source.flush().catch(onError),
  }
}

const findPath = (place: string): string => (isAddress(place) ? place : resolveLink(place))

const tellWaits = (what: string, { clock, event }: Context) => ({
  onWait: (ms: number, users: readonly SlotUser[]) =>
    event('waiting', { what, until: clock.wall() + ms, ...describeUsers(users) }),
  onGo: () => event('moving'),
})

/** The rates that calls keep, as the flags describe them; undefined: none. */
const readRates = ({ rate, settle, batch }: MapFlags): readonly CallRate[] | undefined =>
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
    throw new Failure('field', 'input', `Line ${line.number}: ${of.text} for --rate is not a number of at least 0`)
  }
}

/** A batch costs the sum of its items. */
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

/** Returns the number at a path; NaN for any other value. */
const createReader = (path: Path): ((bytes: Buffer) => number | 'none' | 'unreadable') => {
  const rows = new Rows([path])
  return bytes => {
    if (!rows.scanAlone(bytes)) return 'unreadable'
    const start = rows.starts[0] ?? -1
    return start === -1 ? 'none' : (readNumber(bytes, start, rows.ends[0] ?? -1) ?? Number.NaN)
  }
}
