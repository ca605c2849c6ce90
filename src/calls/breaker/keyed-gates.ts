import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import { Refused } from '../attempts/refused.js'
import type { Gate } from './gate.js'

export type KeyedGatesOptions = {
  /** The key of a record; throws a `Failure` for one that has none. */
  readonly keyOf: (line: Line) => string
  readonly create: (key: string) => Gate
  /** A key was let go of: its circuit is closed for this run. */
  readonly left?: (key: string) => Promise<unknown>
  /** Keys kept at most, unless more are busy at the same moment. */
  readonly maxKeys: number
}

/** A circuit for each key. */
export type KeyedGates = {
  gateOf(line: Line): Gate | Promise<Gate>
  close(): Promise<void>
}

/** Makes a circuit for each key it meets. Of those that are idle closed ones leave first, the least recently used at the front. */
export const createKeyedGates = ({ keyOf, create, left, maxKeys }: KeyedGatesOptions): KeyedGates => {
  const gates = new Map<string, Gate>()
  const opening = new Map<string, Promise<Gate>>()
  const closing = new Set<Promise<void>>()

  const readKey = (line: Line): string => {
    try {
      return keyOf(line)
    } catch (error) {
      if (error instanceof Failure) throw new Refused(error)
      throw error
    }
  }

  const makeRoom = (): void => {
    if (gates.size < maxKeys) return
    let oldest: string | undefined
    for (const [key, { busy, circuit }] of gates) {
      if (busy > 0) continue
      oldest ??= key
      if (circuit.breaker.machine.state !== 'closed') continue
      oldest = key
      break
    }
    if (oldest === undefined) return
    const gate = gates.get(oldest)
    const closed = gate === undefined ? Promise.resolve() : end(oldest, gate)
    gates.delete(oldest)
    closing.add(closed)
    void closed.finally(() => closing.delete(closed))
  }

  const end = async (key: string, { circuit }: Gate): Promise<void> => {
    await circuit.close()
    await left?.(key)
  }

  const open = async (key: string): Promise<Gate> => {
    const gate = create(key)
    await gate.circuit.open()
    opening.delete(key)
    makeRoom()
    gates.set(key, gate)
    return gate
  }

  return {
    gateOf(line) {
      const key = readKey(line)
      const known = gates.get(key)
      if (known === undefined) {
        const started = opening.get(key) ?? open(key)
        if (!gates.has(key)) opening.set(key, started)
        return started
      }
      gates.delete(key)
      gates.set(key, known)
      return known
    },
    async close() {
      await Promise.all([...gates].map(([key, gate]) => end(key, gate)))
      await Promise.all(closing)
    },
  }
}
