import { killAllGroups } from '../calls/process/group.js'
import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { choice } from '../cli/values/choice.js'
import { duration } from '../cli/values/duration.js'
import { webAddress } from '../cli/values/web-address.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createGate } from '../processors/gate.js'
import { type Check, checkBreaker, checkCommand, checkFile, checkHttp } from './gate/checks.js'

type GateFlags = CommonOptions & {
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

const what = 'What must be healthy (one of these)'
const when = 'When it counts as healthy'

export const define = (): Definition => ({
  words: {
    name: 'gate',
    purpose: 'Read nothing until something is healthy, and stop reading while it is not',
    usage: '(--http URL | --cmd SCRIPT | --file PATH | --breaker STATE) [OPTION...] [FILE...]',
    examples: [
      {
        note: 'begin once the file is there; give up after a second with exit 75, nothing read',
        run: 'touch ready; streamz gate --file ready --rise 1 --max-wait 1s < orders.ndjson',
      },
      {
        note: 'pass records on while a service answers; here none does, and nothing is read',
        run: 'streamz gate --http http://127.0.0.1:9/health --interval 100ms --max-wait 500ms < orders.ndjson # exits 75',
      },
      {
        note: 'ask a script',
        run: "streamz gate --cmd 'test -d .' --interval 100ms < orders.ndjson",
      },
      {
        note: 'obey the circuit breaker of a later stage',
        run: 'streamz gate --breaker api.json --rise 1 < orders.ndjson',
      },
    ],
    notes:
      'The first check decides. While the gate is closed nothing is read: the pipe fills and the upstream waits. A check is a GET answered 2xx, a script\nthat exits 0, a file that exists, or a breaker that is closed or whose next probe is due.',
    seeAlso: ['breaker', 'throttle'],
    exit: ['temporary'],
  },
  operands: [operand('[files...]')],
  options: [
    option(what, '--http <url>', 'a GET is answered 2xx within --timeout', webAddress),
    option(what, '--cmd <script>', '/bin/sh exits 0 within --timeout'),
    option(what, '--file <path>', 'this file or folder exists'),
    option(what, '--breaker <state>', 'this circuit breaker is closed or its probe is due'),
    option(when, '--interval <duration>', 'from one check to the next (5s)', duration).default(5000),
    option(when, '--timeout <duration>', 'longest check (2s)', duration).default(2000),
    option(when, '--rise <n>', 'good checks in a row that open a gate that was closed (2)', wholeNumber(1)).default(2),
    option(when, '--fall <n>', 'bad checks in a row that close an open one (3)', wholeNumber(1)).default(3),
    option(
      when,
      '--on-unhealthy <what>',
      '`pause` reading (default), `fail` with exit 75, or `reject` records as `gate_closed`',
      choice(['pause', 'fail', 'reject']),
    ).default('pause'),
    option(when, '--max-wait <duration>', 'wait no longer, exit 75 (10m)', duration).default(600_000),
  ],
  prepare({ operands, flags }: Invocation<GateFlags>) {
    const [files] = operands as [string[]]
    const check = chooseCheck(flags)
    return {
      command: 'gate',
      options: flags,
      files,
      killNow: () => killAllGroups('SIGKILL'),
      create: ({ messages }, context) => createGate({ ...flags, check, tell: messages.warn }, context),
    }
  },
})

const chooseCheck = ({ http, cmd, file, breaker, timeout }: GateFlags): Check => {
  const checks = [
    ...(http === undefined ? [] : [checkHttp(http, timeout)]),
    ...(cmd === undefined ? [] : [checkCommand(cmd, timeout)]),
    ...(file === undefined ? [] : [checkFile(file)]),
    ...(breaker === undefined ? [] : [checkBreaker(breaker)]),
  ]
  const [check] = checks
  if (check === undefined || checks.length > 1) {
    throw new UsageError(
      `${check === undefined ? 'Nothing to check is given' : 'More than one thing to check is given'}: use one of --http, --cmd, --file and --breaker, as in: streamz gate --file ready`,
    )
  }
  return check
}
