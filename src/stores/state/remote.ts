import { realClock } from '../../core/clock.js'
import { wait } from '../../core/wait.js'
import type { Draft, KeptValue, Server } from '../servers/server.js'
import { within } from '../servers/within.js'
import { StoreError } from '../store-error.js'
import { week } from './lifetime.js'
import { formatWithin, parseState, type StateKind } from './state-text.js'
import type { Change, Store } from './store.js'

export type RemoteStoreOptions = {
  readonly server: Server
  readonly name: string
  /** The URL of the value, as it is shown. */
  readonly shown: string
  /** The newest version `"v"` the caller understands, as for a file. */
  readonly version?: number | undefined
  /** What it is for, as for a file. */
  readonly kind?: StateKind | undefined
  /** For how long from now a value must be kept at least, in milliseconds; a week unless it is longer. */
  readonly lifetime?: ((value: unknown, now: number) => number) | undefined
}

/**
 * A store on a server, which compares and sets instead of locking. Each write has a token, and the value names the last of them:
 * a write whose answer was lost is looked for, never repeated blindly.
 */
export const createRemoteStore = ({ server, name, shown, version, kind, lifetime }: RemoteStoreOptions): Store => {
  const cell = server.cell(name)
  let known: KeptValue | undefined
  let last: Promise<unknown> = Promise.resolve()
  let seen: string | undefined

  const remember = (entry: KeptValue | undefined, token = entry?.tokens[0]): void => {
    known = entry
    seen = token
  }

  const interpret = (entry: KeptValue | undefined): unknown => {
    if (entry === undefined) return undefined
    const parsed = parseState(entry.bytes, version, kind)
    if (parsed.problem === undefined) return parsed.value
    // Nothing is ever half written there: what is no state is another program's.
    const code = parsed.problem === 'newer' ? 'newer' : 'foreign'
    throw new StoreError(code, `${shown} ${parsed.why} and is not changed: ${advice[code]}`)
  }

  const ask = async <R>(question: () => Promise<R>, until: number, signal?: AbortSignal): Promise<R> => {
    for (;;) {
      try {
        await within(server.ready(), until, signal)
        return await within(question(), until, signal)
      } catch (error) {
        const told = server.explain(error)
        if (told.code !== 'unreachable' || realClock.now() + pause >= until || signal?.aborted) throw told
        await wait(pause, realClock)
      }
    }
  }

  const draftOf = (value: unknown, before: KeptValue | undefined): Draft => {
    const bytes = formatWithin(value, version, shown, largest)
    return {
      tokens: [createToken(), ...(before?.tokens ?? [])].slice(0, tokensKept),
      bytes,
      lifetime: Math.max(week, lifetime?.(value, server.wall()) ?? 0),
    }
  }

  const update = async <R>(change: (value: unknown) => Change<R>, until: number, signal?: AbortSignal): Promise<R> => {
    const inDoubt = until + timeToFindOut
    // By their tokens, what the writes that were sent come to.
    const sent = new Map<string, R>()
    const findDone = (entry: KeptValue | undefined) => entry?.tokens.find(token => sent.has(token))
    let entry = known
    let mustLoad = entry === undefined
    let isFresh = false
    for (let tries = 0; ; tries++) {
      if (mustLoad) {
        entry = await ask(cell.load, sent.size > 0 ? inDoubt : until, signal)
        isFresh = true
        mustLoad = false
      }
      const done = findDone(entry)
      if (done !== undefined) {
        remember(entry, done)
        return sent.get(done) as R
      }
      remember(entry)
      let decided: Change<R>
      try {
        decided = change(interpret(entry))
      } catch (error) {
        if (isFresh) throw error
        mustLoad = true
        continue
      }
      if (decided.value === undefined) {
        if (isFresh) return decided.result
        mustLoad = true
        continue
      }
      if (tries > 0 && realClock.now() > until) throw busy(shown)
      const draft = draftOf(decided.value, entry)
      const [token = ''] = draft.tokens
      try {
        await within(server.ready(), until, signal)
        sent.set(token, decided.result)
        const swapped = await within(cell.swap(entry?.revision, draft), inDoubt)
        if (swapped.isDone) {
          remember({ ...draft, revision: swapped.revision })
          return decided.result
        }
        entry = swapped.entry
        isFresh = true
        // What was just heard is the newest there is, and the best try is now. Many at once let each other go first.
        if (tries > 3) {
          await wait(Math.random() * Math.min(32, 2 ** (tries - 2)), realClock)
          mustLoad = true
        }
      } catch (error) {
        const told = server.explain(error)
        if (told.code !== 'unreachable' || realClock.now() + pause >= (sent.size > 0 ? inDoubt : until)) throw told
        await wait(pause, realClock)
        // What was sent may have been done.
        mustLoad = true
      }
    }
  }

  return {
    async read() {
      const entry = await ask(cell.load, realClock.now() + timeToRead)
      remember(entry)
      return interpret(entry)
    },
    update(change, { timeout = 2000, signal } = {}) {
      const until = realClock.now() + timeout
      // Two of the same process would only be in each other's way.
      const done = last.then(() => update(change, until, signal))
      last = done.catch(() => {})
      return done
    },
    changed: async () => (await ask(cell.look, realClock.now() + timeToRead)) !== seen,
    wall: server.wall,
  }
}

const timeToRead = 2000
// A server that stood still does what it was asked for when it goes on.
const timeToFindOut = 5000
const pause = 50
const largest = 512 * 1024
const tokensKept = 64

const createToken = (): string => process.getBuiltinModule('node:crypto').randomBytes(9).toString('base64url')

const advice = {
  newer: 'update streamz, or use another name',
  foreign: 'use another name, or remove it from the server',
}

const busy = (shown: string) =>
  new StoreError('busy', `Others changed ${shown} all the time, so it could not be changed in time; try again later`)
