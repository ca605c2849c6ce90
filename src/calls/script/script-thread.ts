// What runs in a worker thread of `--js` and `--module`: a file of its own in the bundle.
import { isAscii, isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { ScriptContext } from './context.js'
import { describeFault, stringify } from './fault.js'
import {
  openMemory,
  type ScriptSource,
  status,
  type ThreadData,
  type ThreadMessage,
  type ThreadTask,
} from './protocol.js'

type UserFunction = (record: unknown, context: object) => unknown

const { source, memory, multi, maxResponse } = workerData as ThreadData
const { head, ends, statuses, output } = openMemory(memory)
const post = (message: ThreadMessage) => parentPort?.postMessage(message)

const load = async ({ ...given }: ScriptSource): Promise<UserFunction> => {
  if (given.kind === 'module') {
    const { default: found } = await import(pathToFileURL(given.path).href)
    if (typeof found !== 'function') throw new TypeError('its default export is no function')
    return found
  }
  Object.assign(globalThis, { require: createRequire(join(process.cwd(), '/')) })
  const script = new Script(`(${given.text}\n)`, {
    filename: '--js',
    columnOffset: -1,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const found: unknown = script.runInThisContext()
  if (typeof found !== 'function') throw new TypeError('it is no function')
  return found as UserFunction
}

let running = 0

/** The thread's own streams are emptied when it rests: too late to say which line it was, and never in a loop. */
const say = (chunk: unknown, ...rest: unknown[]): boolean => {
  const text = chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk)
  post({ type: 'said', line: running, text })
  const callback = rest.at(-1)
  if (typeof callback === 'function') process.nextTick(callback)
  return true
}
for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { write: say })

/** Works on the lines of a task in turn; what it has to say about each is in the shared memory before the next begins. */
const run = async (call: UserFunction, task: ThreadTask): Promise<void> => {
  const bytes = Buffer.from(task.bytes.buffer, task.bytes.byteOffset, task.bytes.length)
  const clean = isUtf8(bytes)
  // A part of a long text is cheap, and so is the text of plain letters, digits and signs.
  const plain = isAscii(bytes) ? bytes.toString('latin1') : undefined
  const count = task.ends.length
  let from = 0
  let room = 0
  for (let index = 0; index < count && Atomics.load(head, 1) === 0; index++) {
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
      post({ type: 'done', overflow: { status: result.status, bytes: Buffer.from(`${result.text}\n`) } })
      return
    }
    room = end
    ends[index] = room
    statuses[index] = result.status
    Atomics.store(head, 0, index + 1)
  }
  post({ type: 'done' })
}

type Result = { readonly status: number; readonly text: string }

const newline = 10

const nothing: Result = { status: status.emitted, text: '' }
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
    return check(answer.map(element => stringify(element)).join('\n'))
  }
  const json = stringify(answer)
  returnsItsOwn = answer === record
  return check(returnsItsOwn && isUnchanged(json, record, members, text) ? text : json)
}

let returnsItsOwn = false

const check = (text: string): Result =>
  text.length > maxResponse / 4 && Buffer.byteLength(text) > maxResponse
    ? { status: status.tooLarge, text: '' }
    : { status: status.emitted, text }

/**
 * Whether a record that was handed back still says what its line says: then it leaves as its own bytes, with numbers no
 * parser keeps. Most scripts that change the record they were given add something, and a look at its size tells.
 */
const isUnchanged = (json: string, record: unknown, members: number, text: string): boolean =>
  json === text || ((members === -1 || countMembers(record) === members) && json === JSON.stringify(JSON.parse(text)))

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

load(source).then(
  call => {
    parentPort?.on('message', (task: ThreadTask) => void run(call, task))
    post({ type: 'ready' })
  },
  error => post({ type: 'wrong', message: describeWrong(error) }),
)
