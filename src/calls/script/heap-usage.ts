import type { Session } from 'node:inspector'

/** Whether the heap of a thread can be read from outside. */
export const canReadHeap = process.features.inspector

/**
 * Bytes that the values of a thread take, also while it is in the middle of a loop; undefined when it is gone. Only the
 * inspector can ask a busy thread: Node itself ends a program whose thread goes beyond its limit by a single large value.
 */
export const readHeap = (threadId: number): Promise<number | undefined> =>
  new Promise(resolve => {
    const asked = waiting.get(threadId)
    if (asked !== undefined) {
      asked.push(resolve)
      return
    }
    waiting.set(threadId, [resolve])
    connect()
    ask(threadId)
  })

const waiting = new Map<number, ((bytes: number | undefined) => void)[]>()
const sessions = new Map<number, string>()
let session: Session | undefined

const connect = (): void => {
  if (session !== undefined) return
  const inspector = process.getBuiltinModule('node:inspector')
  session = new inspector.Session()
  session.connect()
  session.on('NodeWorker.attachedToWorker', ({ params }) => {
    const threadId = Number(params.workerInfo.workerId)
    sessions.set(threadId, params.sessionId)
    if (waiting.has(threadId)) ask(threadId)
  })
  session.on('NodeWorker.detachedFromWorker', ({ params }) => tell(params.sessionId, undefined))
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    const { result } = JSON.parse(params.message) as { result?: { usedSize?: number } }
    if (result?.usedSize !== undefined) tell(params.sessionId, result.usedSize)
  })
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
}

const ask = (threadId: number): void => {
  const sessionId = sessions.get(threadId)
  if (sessionId === undefined) return
  session?.post('NodeWorker.sendMessageToWorker', {
    sessionId,
    message: JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }),
  })
}

const tell = (sessionId: string, bytes: number | undefined): void => {
  for (const [threadId, known] of sessions) {
    if (known !== sessionId) continue
    if (bytes === undefined) sessions.delete(threadId)
    const asked = waiting.get(threadId) ?? []
    waiting.delete(threadId)
    for (const resolve of asked) resolve(bytes)
  }
}
