// What runs in a worker thread of `--js` and `--module`: a file of its own in the bundle.
import { isAscii, isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { ScriptContext } from './context.js'
import { describeFault, stringify, stringifyLoosely } from './fault.js'
import {
  askToSettle,
  costOfSaid,
  maxSaid,
  openMemory,
  type ScriptSource,
  status,
  type ThreadData,
  type ThreadMessage,
  type ThreadTask,
} from './protocol.js'

type UserFunction = (record: unknown, context: object) => unknown

const { source, memory, multi, maxResponse, maxLine } = workerData as ThreadData
const { head, ends, statuses, output } = openMemory(memory)
const post = (message: ThreadMessage) => parentPort?.postMessage(message)

const load = async ({ ...given }: ScriptSource): Promise<UserFunction> => {
  if (given.kind === 'module') {
    const { default: found } = await import(pathToFileURL(given.path).href)
    if (typeof found !== 'function') throw new TypeError('its default export is not a function')
    return found
  }
  Object.assign(globalThis, { require: createRequire(join(folder(), '/')) })
  const script = new Script(`(${given.text}\n)`, {
    filename: '--js',
    columnOffset: -1,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const found: unknown = script.runInThisContext()
  if (typeof found !== 'function') throw new TypeError('it is not a function')
  return given.test === undefined ? (found as UserFunction) : asTest(found as UserFunction, given.test.passing)
}

/** Gives `undefined` for what does not pass. */
const asTest = (test: UserFunction, passing: boolean): UserFunction => {
  const tell = (answer: unknown): true | undefined => (Boolean(answer) === passing ? true : undefined)
  return (record, context) => {
    const answer = test(record, context)
    return isThenable(answer) ? Promise.resolve(answer).then(tell) : tell(answer)
  }
}

/** Where the script finds modules; a folder that is gone has none. */
const folder = (): string => {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

let running = 0
let isBusy = false
let isLoaded = false

/** A promise that failed while a call runs which does not wait for it. */
let stray: { readonly error: unknown } | undefined

/**
 * An unhandled error ends the thread. A rejected promise is charged to no call, because one of an earlier call may fail while the next
 * call runs, and that call may still finish. Any other error thrown during a call is charged to that call.
 */
const onStray = (name: 'unhandledRejection' | 'uncaughtException') =>
  process.on(name, (error: unknown) => {
    // The script has a way of its own.
    if (process.listenerCount(name) > 1) return
    if (!isLoaded || (isBusy && name === 'uncaughtException')) throw error
    stray ??= { error }
    if (!isBusy) endWithStray(stray)
  })

const endWithStray = ({ error }: { readonly error: unknown }, last?: ThreadMessage): never => {
  post({ type: 'stray', fault: describeFault(error) })
  if (last !== undefined) post(last)
  process.exit(1)
}

const finish = (message: ThreadMessage): void => {
  isBusy = false
  if (stray === undefined) post(message)
  else endWithStray(stray, message)
}

/** Pieces of what is printed, none of them long. */
const cutText = function* (chunk: unknown): Iterable<string> {
  const size = 16 * 1024
  if (chunk instanceof Uint8Array) {
    const decoder = new StringDecoder()
    for (let at = 0; at < chunk.length; at += size) yield decoder.write(Buffer.from(chunk.subarray(at, at + size)))
    yield decoder.end()
    return
  }
  const text = String(chunk)
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

/** The thread's own streams are emptied when it rests: too late to say which line it was, and never in a loop. */
const say = (chunk: unknown, ...rest: unknown[]): boolean => {
  for (const text of cutText(chunk)) {
    // Who reads slowly holds the script back; a loop that prints must not fill the memory.
    if (Atomics.load(head, 2) > maxSaid) {
      for (let said = Atomics.load(head, 2); said > maxSaid / 2; said = Atomics.load(head, 2))
        Atomics.wait(head, 2, said)
    }
    Atomics.add(head, 2, costOfSaid(text))
    post({ type: 'said', line: running, text })
  }
  const callback = rest.at(-1)
  if (typeof callback === 'function') process.nextTick(callback)
  return true
}
for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { write: say })

/** Works on the lines of a task in turn; what it has to say about each is in the shared memory before the next begins. */
const run = async (call: UserFunction, task: ThreadTask): Promise<void> => {
  isBusy = true
  const bytes = Buffer.from(task.bytes.buffer, task.bytes.byteOffset, task.bytes.length)
  const clean = isUtf8(bytes)
  // A part of a long text is cheap, and so is the text of plain letters, digits and signs.
  const plain = isAscii(bytes) ? bytes.toString('latin1') : undefined
  const count = task.ends.length
  let from = 0
  let room = 0
  for (let index = 0; index < count && Atomics.load(head, 1) === 0 && stray === undefined; index++) {
    const until = task.ends[index] as number
    running = task.number + index
    let result = unreadable
    if (clean || isUtf8(bytes.subarray(from, until))) {
      const context = new ScriptContext(task, index, bytes, from, until)
      const text = plain?.slice(from, until - 1) ?? bytes.toString('utf8', from, until - 1)
      const answer = begin(call, text, context)
      result = answer instanceof Promise ? await answer : answer
    }
    from = until
    const end = room + write(result, room)
    if (end < room) {
      return finish({ type: 'done', overflow: { status: result.status, bytes: Buffer.from(`${result.text}\n`) } })
    }
    room = end
    ends[index] = room
    statuses[index] = result.status
    Atomics.store(head, 0, index + 1)
  }
  finish({ type: 'done' })
}

type Result = { readonly status: number; readonly text: string }

const newline = 10

const nothing: Result = { status: status.emitted, text: '' }
const tooLarge: Result = { status: status.tooLarge, text: '' }
const filtered: Result = { status: status.filtered, text: '' }
const unreadable: Result = { status: status.unreadable, text: '' }

const begin = (call: UserFunction, text: string, context: ScriptContext): Result | Promise<Result> => {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return unreadable
  }
  // Most scripts make a new record: only for those that hand back their own is it worth a count.
  const members = returnsItsOwn ? countMembers(record) : -1
  try {
    const answer = call(record, context)
    if (!isThenable(answer)) return conclude(answer, record, members, text)
    return Promise.resolve(answer)
      .then(settled => conclude(settled, record, members, text))
      .catch(fail)
  } catch (error) {
    return fail(error)
  }
}

const fail = (error: unknown): Result => ({ status: status.failed, text: JSON.stringify(describeFault(error)) })

const isThenable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

const conclude = (answer: unknown, record: unknown, members: number, text: string): Result => {
  if (answer === undefined) return filtered
  if (multi && Array.isArray(answer)) {
    if (answer.length === 0) return nothing
    return joinElements(answer)
  }
  returnsItsOwn = answer === record
  const isSame = returnsItsOwn && isUnchanged(stringifyLoosely(answer), record, members, text)
  return check(isSame ? text : stringify(answer))
}

let returnsItsOwn = false

/** Each element is a line. Millions of them are put together little by little, and no further than they may be. */
const joinElements = (elements: readonly unknown[]): Result => {
  const joined: string[] = []
  let part: string[] = []
  let length = 0
  // A hole is undefined here, and that is not valid JSON.
  for (let index = 0; index < elements.length; index++) {
    const json = stringify(elements[index])
    if (isLonger(json, maxLine)) return tooLarge
    length += json.length + 1
    if (length - 1 > maxResponse) return tooLarge
    part.push(json)
    if (part.length < 4096) continue
    joined.push(part.join('\n'))
    part = []
  }
  if (part.length > 0) joined.push(part.join('\n'))
  const text = joined.join('\n')
  return isLonger(text, maxResponse) ? tooLarge : { status: status.emitted, text }
}

const check = (text: string): Result =>
  isLonger(text, maxResponse) || isLonger(text, maxLine) ? tooLarge : { status: status.emitted, text }

const isLonger = (text: string, most: number): boolean => text.length > most / 4 && Buffer.byteLength(text) > most

/**
 * Whether a record that was handed back still says what its line says: then it leaves as its own bytes, with numbers no
 * parser keeps. Most scripts that change the record they were given add something, and a look at its size tells.
 */
const isUnchanged = (json: string, record: unknown, members: number, text: string): boolean =>
  json === text || ((members === -1 || countMembers(record) === members) && saysTheSame(json, record, text))

const saysTheSame = (json: string, record: unknown, text: string): boolean => {
  const fresh: unknown = JSON.parse(text)
  if (json !== JSON.stringify(fresh)) return false
  // Too large a number is written as null, and -0 as 0: as null and 0 are, which say something else.
  return !/-0|[eE]|\d{300}/.test(text) || hasSameNumbers(fresh, record)
}

/** For values that are the same JSON. */
const hasSameNumbers = (fresh: unknown, record: unknown): boolean => {
  if (typeof fresh === 'number') return Object.is(fresh, record) || (Number.isFinite(fresh) && fresh !== 0)
  if (typeof fresh !== 'object' || fresh === null || typeof record !== 'object' || record === null) return true
  return Object.entries(fresh).every(([key, value]) => hasSameNumbers(value, (record as Record<string, unknown>)[key]))
}

const countMembers = (record: unknown): number => {
  let count = 0
  if (typeof record === 'object') for (const _ in record) count++
  return count
}

/** How many bytes were written; less than 0 when there was no room. */
const write = ({ text }: Result, at: number): number => {
  if (text === '') return 0
  // The newline is put behind by itself: a text that is glued together would be copied once more.
  const room = output.length - at - 1
  if (text.length * 3 > room && Buffer.byteLength(text) > room) return -1
  const length = output.write(text, at, room, 'utf8')
  output[at + length] = newline
  return length + 1
}

const describeWrong = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)

onStray('unhandledRejection')
onStray('uncaughtException')
load(source).then(
  call => {
    parentPort?.on('message', (task: ThreadTask | typeof askToSettle) => {
      if (task === askToSettle) post({ type: 'settled' })
      else void run(call, task)
    })
    isLoaded = true
    post({ type: 'ready' })
  },
  error => post({ type: 'wrong', message: describeWrong(error) }),
)
