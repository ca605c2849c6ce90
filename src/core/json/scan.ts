import type { ElementStarts } from './element-starts.js'
import type { Path } from './path.js'
import { createPathTree, findEnd, findEscapedKey, findIndex, findKey } from './path-tree.js'
import { skipLiteral, skipNumber } from './scan-scalar.js'
import { type Findings, skipPlain, skipRest } from './scan-string.js'
import { viewOf } from './view-of.js'

/** Checks that a line is exactly one JSON value (RFC 8259, UTF-8) and finds the values at some field paths. */
export type Scanner = {
  /**
   * Scans `bytes` from `start` up to, not including, `end`: true when it is exactly one JSON value, JSON white space
   * around it allowed. The byte before `end` must be a newline. No strings and no objects are made.
   */
  scan(bytes: Buffer, start: number, end: number): boolean
  /** After a good scan: where in `bytes` the whole value is, without white space around it. */
  readonly valueStart: number
  readonly valueEnd: number
  /** After a good scan, for each path: where in `bytes` its value is; the start is -1 when the field is missing. Of equal keys the last counts. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** After a good scan: how many escapes its strings have, keys included. */
  readonly escapes: number
  /** After a bad scan: the first wrong byte, counted from `start`, and what is wrong; nothing of the content. */
  readonly errorOffset: number
  readonly errorMessage: string
}

/** Maximum nesting depth of arrays and objects. */
export const depthLimit = 1024

/**
 * A scanner for these field paths; it may be used for any number of lines, one after the other. Where the elements of the array
 * at the last path begin is put into `elements`.
 */
export const createScanner = (paths: readonly Path[] = [], elements?: ElementStarts): Scanner => {
  const tree = createPathTree(paths)
  const root = paths.length === 0 ? -1 : 0
  const count = paths.length
  // No node of the tree is -2.
  const divided = elements === undefined ? -2 : findEnd(tree, count - 1)
  const starts = new Int32Array(paths.length).fill(-1)
  const ends = new Int32Array(paths.length).fill(-1)
  const { marks, lastIndexes, firstPath, nextPath } = tree
  const findings: Findings = { escapes: 0, errorAt: 0, message: '' }
  // By depth: how the container outside ends; and, for those a path leads into, its node, offset and running index.
  const closings = new Int8Array(depthLimit + 1)
  const nodes = new Int32Array(depthLimit + 1)
  const begins = new Int32Array(depthLimit + 1)
  const indexes = new Int32Array(depthLimit + 1)

  const keep = (node: number, start: number, end: number): void => {
    for (let id = firstPath[node] as number; id >= 0; id = nextPath[id] as number) {
      starts[id] = start
      ends[id] = end
    }
  }
  // An equal key came before: what was found under it does not count any more.
  const forget = (node: number): void => {
    const ids = tree.below[node] as Int32Array
    for (let at = 0; at < ids.length; at++) starts[ids[at] as number] = -1
    if (elements !== undefined && node === divided) elements.count = 0
  }

  const scanner = { scan, valueStart: 0, valueEnd: 0, starts, ends, escapes: 0, errorOffset: 0, errorMessage: '' }
  return scanner

  function fail(start: number, at: number, end: number, message: string): false {
    scanner.errorOffset = at - start
    scanner.errorMessage = at === end - 1 ? 'The line ends too early' : message
    return false
  }

  // Every byte read is there, hence the casts: the newline at the end stops every loop, none steps over it.
  // `| 0` tells the compiler that offsets are small integers, which saves a check at each step.
  function scan(bytes: Buffer, start: number, end: number): boolean {
    for (let id = 0; id < count; id++) starts[id] = -1
    findings.escapes = 0
    if (elements !== undefined) elements.count = 0
    const view = viewOf(bytes)
    const last = bytes.length - 4
    let at = start | 0
    let byte = bytes[at] as number
    while (isSpace(byte)) byte = bytes[++at] as number
    scanner.valueStart = at
    let depth = 0
    // What ends the container we are in, -1 outside of all; its node in the tree; the marks of the keys wanted from it;
    // and the node of the next value.
    let closing = -1
    let node = -1
    let wanted = 0
    let child = root

    for (;;) {
      const begin = at
      let opened = false
      if (byte === 0x22) {
        at = skipPlain(view, at + 1, last) | 0
        if (bytes[at] !== 0x22) {
          at = skipRest(bytes, view, at, last, findings) | 0
          if (at < 0) return fail(start, findings.errorAt, end, findings.message)
        }
        byte = bytes[++at] as number
        if (child >= 0) keep(child, begin, at)
      } else if (byte === 0x7b || byte === 0x5b) {
        if (depth === depthLimit) return fail(start, at, end, `Nested deeper than ${depthLimit} levels`)
        closings[depth] = closing
        nodes[depth] = node
        begins[depth] = at
        depth++
        closing = byte + 2
        node = child
        wanted = node < 0 ? 0 : (marks[node] as number)
        indexes[depth] = -1
        byte = bytes[++at] as number
        while (isSpace(byte)) byte = bytes[++at] as number
        opened = byte !== closing
      } else if ((byte ^ 0x30) <= 9 || byte === 0x2d) {
        at = skipNumber(bytes, at) | 0
        if (at < 0) return fail(start, ~at, end, 'Expected a digit')
        byte = bytes[at] as number
        if (child >= 0) keep(child, begin, at)
      } else {
        at = skipLiteral(bytes, view, at, last) | 0
        if (at < 0) return fail(start, ~at, end, 'Expected a value')
        byte = bytes[at] as number
        if (child >= 0) keep(child, begin, at)
      }

      if (!opened) {
        for (;;) {
          while (isSpace(byte)) byte = bytes[++at] as number
          if (byte !== closing) break
          byte = bytes[++at] as number
          depth--
          if (node >= 0 && (firstPath[node] as number) >= 0) keep(node, begins[depth] as number, at)
          node = nodes[depth] as number
          wanted = node < 0 ? 0 : (marks[node] as number)
          closing = closings[depth] as number
        }
        if (depth === 0) break
        if (byte !== 0x2c)
          return fail(start, at, end, closing === 0x7d ? 'Expected a comma or }' : 'Expected a comma or ]')
        byte = bytes[++at] as number
        while (isSpace(byte)) byte = bytes[++at] as number
      }

      if (closing === 0x7d) {
        if (byte !== 0x22) return fail(start, at, end, 'Expected a key in double quotes')
        const key = at + 1
        at = skipPlain(view, key, last) | 0
        let escaped = false
        if (bytes[at] !== 0x22) {
          const escapes = findings.escapes
          at = skipRest(bytes, view, at, last, findings) | 0
          if (at < 0) return fail(start, findings.errorAt, end, findings.message)
          escaped = findings.escapes !== escapes
        }
        child = -1
        if (escaped && node >= 0) child = findEscapedKey(tree, node, bytes, key, at)
        else if (((wanted >>> (at - key + (bytes[key] as number))) & 1) === 1)
          child = findKey(tree, node, bytes, key, at)
        if (child >= 0) forget(child)
        byte = bytes[++at] as number
        while (isSpace(byte)) byte = bytes[++at] as number
        if (byte !== 0x3a) return fail(start, at, end, 'Expected a colon after a key')
        byte = bytes[++at] as number
        while (isSpace(byte)) byte = bytes[++at] as number
      } else if (node >= 0) {
        const index = (indexes[depth] as number) + 1
        indexes[depth] = index
        if (node === divided) elements?.put(index, at)
        child = index <= (lastIndexes[node] as number) ? findIndex(tree, node, index) : -1
      } else child = -1
    }
    if (at !== end - 1) return fail(start, at, end, 'Unexpected text after the value')
    while (isSpace(bytes[at - 1] as number)) at--
    scanner.valueEnd = at
    scanner.escapes = findings.escapes
    return true
  }
}

// JSON's white space but for the newline, which ends the line.
const isSpace = (byte: number): boolean => byte <= 0x20 && (byte === 0x20 || byte === 0x0d || byte === 0x09)
