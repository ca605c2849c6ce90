import { closeSync, openSync, readFileSync } from 'node:fs'
import { countGroups } from './group.js'

/**
 * Whether there are descriptors for one more child. When they run out in the middle of a spawn, Node leaves the pipes that it
 * has made already open for ever, so that each failure leaves fewer for the next.
 */
export const hasDescriptors = (): boolean => {
  limit ??= readLimit()
  return 3 * countGroups() + others < limit || canOpen()
}

// Three pipes of two ends, one pipe to tell of a failed exec, and a few for what happens meanwhile.
const needed = 12
const others = 64
let limit: number | undefined

// The least of the usual limits where the system does not say.
const readLimit = (): number => {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 256)
  } catch {
    return 256
  }
}

const canOpen = (): boolean => {
  const opened: number[] = []
  try {
    while (opened.length < needed) opened.push(openSync('/dev/null', 'r'))
    return true
  } catch {
    return false
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
