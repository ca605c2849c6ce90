import { killAllGroups } from '../calls/process/group.js'
import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { asCode, option } from '../cli/option.js'
import { listServerOptions, type ServerFlags } from '../cli/servers/options.js'
import { namePlace, prepareServers } from '../cli/servers/prepare.js'
import type { Shared } from '../cli/stream/stage.js'
import { UsageError } from '../cli/usage-error.js'
import { choice } from '../cli/values/choice.js'
import { duration } from '../cli/values/duration.js'
import { webAddress } from '../cli/values/web-address.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createGate } from '../processors/gate.js'
import { type Check, checkBreaker, checkCommand, checkFile, checkHttp } from './gate/checks.js'

type GateFlags = CommonOptions &
  ServerFlags & {
    readonly http?: URL
    readonly cmd?: string
    readonly file?: string
    readonly breaker?: string
    readonly interval: number
    readonly timeout: number
    readonly rise: number
    readonly fall: number
    readonly onUnhealthy: 'pause' | 'fail' | 'reject'
    readonly maxWait: number
  }

const what = 'Health check (one of these)'
const when = 'When it is healthy'

export const define = (): Definition => ({
  words: {
    name: 'gate',
    purpose: 'Wait to read until a health check succeeds, and stop reading while it fails',
    usage: '(--http URL | --cmd SCRIPT | --file PATH | --breaker STATE) [OPTION...] [FILE...]',
    examples: [
      {
        note: 'start when the file exists; after one second exit with 75 and read nothing',
        run: 'touch ready; streamz gate --file ready --rise 1 --max-wait 1s < orders.ndjson',
      },
      {
        note: 'pass records on while a service answers; this one does not, so nothing is read',
        run: 'streamz gate --http http://127.0.0.1:9/health --interval 100ms --max-wait 500ms < orders.ndjson # exits 75',
      },
      {
        note: 'check with a script',
        run: "streamz gate --cmd 'test -d .' --interval 100ms < orders.ndjson",
      },
      {
        note: 'follow the circuit breaker of a later stage',
        run: 'streamz gate --breaker api.json --rise 1 < orders.ndjson',
      },
    ],
    notes:
      'The result of the first check applies at once. While the gate is closed nothing is read: the pipe fills up and the upstream waits. Healthy is\na GET that returns 2xx, a script that exits 0, a file that exists, or a breaker that is closed or whose next probe is due.',
    seeAlso: ['breaker', 'throttle'],
    exit: ['temporary'],
  },
  operands: [operand('[files...]')],
  options: [
    option(what, '--http <url>', 'a GET returns 2xx within --timeout', webAddress),
    asCode(option(what, '--cmd <script>', 'this script exits 0 within --timeout')),
    option(what, '--file <path>', 'this file or folder exists'),
    option(
      what,
      '--breaker <state>',
      'this circuit breaker is closed or its probe is due; a file or redis://HOST/NAME',
    ),
    option(when, '--interval <duration>', 'time between checks (5s)', duration).default(5000),
    option(when, '--timeout <duration>', 'time limit of a check (2s)', duration).default(2000),
    option(when, '--rise <n>', 'open a closed gate after N successful checks in a row (2)', wholeNumber(1)).default(2),
    option(when, '--fall <n>', 'close an open gate after N failed checks in a row (3)', wholeNumber(1)).default(3),
    option(
      when,
      '--on-unhealthy <what>',
      '`pause` reading (default), `fail` with exit 75, or `reject` records as `gate_closed`',
      choice(['pause', 'fail', 'reject']),
    ).default('pause'),
    option(when, '--max-wait <duration>', 'longest wait, then exit with 75 (10m)', duration).default(600_000),
    ...listServerOptions(),
  ],
  prepare({ operands, flags }: Invocation<GateFlags>) {
    const [files] = operands as [string[]]
    const check = chooseCheck(flags)
    const servers = prepareServers(flags, { '--breaker': flags.breaker })
    return {
      command: 'gate',
      options: flags,
      files,
      begin: servers.connect,
      killNow: () => killAllGroups('SIGKILL'),
      create: (shared, context) =>
        createGate({ ...flags, check: chooseStandIn(shared) ?? check, tell: shared.messages.warn }, context),
    }
  },
})

/** In the test of a job an answer is healthy, and a failure is what is wrong. */
const chooseStandIn = ({ rehearsal }: Shared): Check | undefined => {
  if (rehearsal === undefined) return undefined
  return () =>
    rehearsal.call({ killing: new AbortController().signal, attempt: 1, id: '' }).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
}

const chooseCheck = ({ http, cmd, file, breaker, timeout }: GateFlags): Check => {
  const checks = [
    ...(http === undefined ? [] : [checkHttp(http, timeout)]),
    ...(cmd === undefined ? [] : [checkCommand(cmd, timeout)]),
    ...(file === undefined ? [] : [checkFile(file)]),
    ...(breaker === undefined ? [] : [checkBreaker(namePlace('--breaker', breaker))]),
  ]
  const [check] = checks
  if (check === undefined || checks.length > 1) {
    throw new UsageError(
      `${check === undefined ? 'No health check was given' : 'More than one health check was given'}: use one of --http, --cmd, --file and --breaker, as in: streamz gate --file ready`,
    )
  }
  return check
}
