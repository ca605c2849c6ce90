import { listMessageOptions } from '../../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { limitWidth, wrap } from '../../cli/help/wrap.js'
import { escapeControls } from '../../cli/messages.js'
import { option } from '../../cli/option.js'
import { print } from '../../cli/printer.js'
import { listServerOptions, type ServerFlags } from '../../cli/servers/options.js'
import { namePlace, prepareServers } from '../../cli/servers/prepare.js'
import { formatDuration } from '../../core/format-duration.js'
import { formatLocal } from '../../core/format-moment.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { openStore } from '../../stores/state/open-store.js'
import { type KnownLimits, type LimitUser, readLimitFile, singleRate } from '../../stores/state/shared-limit.js'
import { StoreError } from '../../stores/store-error.js'

/** The verb that shows a file of `--state` or `--rate-state`. */
export const define = (): Definition => ({
  words: {
    name: 'throttle status',
    purpose: 'Show a shared limit: how much is left, until when it is used up, and who used it',
    usage: 'FILE [OPTION...]',
    examples: [
      { note: 'why a job waits for its quota', run: 'streamz throttle status quota.json' },
      { note: 'for programs', run: 'streamz throttle status quota.json --json' },
    ],
    notes:
      'FILE is a file of `throttle --state` or `map --rate-state`. Users that took nothing for an hour are forgotten.',
    seeAlso: ['throttle'],
  },
  operands: [operand('<file>')],
  options: [option('Action', '--json', 'as JSON'), ...listServerOptions(), ...listMessageOptions()],
  common: 'none',
  prepare: ({ operands, flags }: Invocation<ServerFlags & { readonly json?: true }>) => {
    const [given] = operands as [string]
    const servers = prepareServers(flags, { FILE: given })
    const shown = namePlace('FILE', given)
    return async () => {
      await servers.connect()
      const path = isAddress(shown) ? shown : resolveLink(shown)
      const store = openStore({ path, version: 1, kind: 'limit', strict: true })
      const value = await store.read()
      const now = store.wall()
      if (value === undefined)
        return print('throttle status', flags.json ? '' : `No limit in ${shown}: nothing of it is used up\n`)
      const known = readLimitFile(value)
      if (known === undefined)
        throw new StoreError('unreadable', `${shown} is not the file of a limit (throttle --state, map --rate-state)`)
      const rows = measure(known, now)
      if (flags.json) return print('throttle status', `${JSON.stringify(describe(rows, known.users))}\n`)
      const width = Math.min(limitWidth(process.stdout.columns), 100)
      const lines = tell(shown, rows, known.users, now).map(line => wrap(escapeControls(line), width))
      return print('throttle status', `${lines.join('\n')}\n`)
    }
  },
})

type Row = {
  readonly text: string
  readonly key: string
  /** When nothing is used up any more, and when the next slot is free. */
  readonly freeAt: number
  readonly nextAt: number
  readonly left: number | undefined
  readonly burst: number | undefined
}

/** Where each limit stands now, the fullest first. */
const measure = ({ limits }: KnownLimits, now: number): readonly Row[] =>
  limits
    .flatMap(({ text, interval, burst, keys }) =>
      keys.map(({ key, seen, ahead }): Row => {
        const used = Math.max(0, ahead - Math.max(0, now - seen))
        const slots = burst ?? 1
        const nextAt = interval === undefined ? now + used : now + Math.max(0, used - (slots - 1) * interval)
        const left = interval === undefined ? undefined : Math.max(0, Math.floor(slots - used / interval))
        return { text, key, freeAt: now + used, nextAt, left, burst }
      }),
    )
    .toSorted((one, other) => other.freeAt - one.freeAt)

const tell = (file: string, rows: readonly Row[], users: readonly LimitUser[], now: number): readonly string[] => {
  const [fullest] = rows
  if (fullest === undefined || fullest.freeAt <= now)
    return [`${file} has all of its limit left${whoUsed(users)}`, ...listUsers(users, now)]
  const isFree = fullest.nextAt <= now
  const first = isFree
    ? `${file} has ${left(fullest)} left`
    : `${file} is used up: the next record may pass at ${formatLocal(fullest.nextAt, now)} (in ${wait(fullest.nextAt - now)})`
  return [
    `${first}${whoUsed(users)}`,
    `All of it is left at ${formatLocal(fullest.freeAt, now)} if nothing takes more`,
    ...rows.slice(0, maxRows).map(row => `  ${nameLimit(row)}: ${left(row)} left`),
    ...(rows.length > maxRows ? [`  and ${rows.length - maxRows} more (--json shows all)`] : []),
    ...listUsers(users, now),
  ]
}

const maxRows = 10

const left = ({ left, burst }: Row): string => (left === undefined ? 'an unknown share' : `${left} of ${burst ?? 1}`)

// The key of a record is content: it is not shown.
const nameLimit = ({ text, key }: Row): string =>
  `${text === singleRate ? 'the rate' : text}${key === '' || key === '""' ? '' : ' for a key'}`

const wait = (ms: number): string => formatDuration(Math.max(1000, Math.ceil(ms / 1000) * 1000))

const whoUsed = (users: readonly LimitUser[]): string => {
  const [most] = users
  return most === undefined ? '' : `; ${share(most, users)} went to ${most.name}`
}

const share = ({ slots }: LimitUser, users: readonly LimitUser[]): string =>
  `${Math.round((100 * slots) / users.reduce((sum, user) => sum + user.slots, 0))}%`

const listUsers = (users: readonly LimitUser[], now: number): readonly string[] =>
  users.length === 0
    ? ['Who used it is not known']
    : [
        'Used by:',
        ...users.map(
          user =>
            `  ${user.name}: ${user.slots} (${share(user, users)}) since ${formatLocal(user.since, now)}${user.last === user.since ? '' : `, last at ${formatLocal(user.last, now)}`}`,
        ),
      ]

const iso = (time: number): string => new Date(time).toISOString()

const describe = (rows: readonly Row[], users: readonly LimitUser[]) => ({
  $streamz: 'throttle-status/1',
  limits: rows.map(({ text, freeAt, nextAt, left, burst }) => ({
    rate: text === singleRate ? null : text,
    left: left ?? null,
    burst: burst ?? null,
    next_at: iso(nextAt),
    all_left_at: iso(freeAt),
  })),
  users: users.map(({ name, slots, since, last }) => ({ name, slots, since: iso(since), last: iso(last) })),
})
