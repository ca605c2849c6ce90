import type { Path } from './path.js'

/**
 * Several field paths as one tree, so that a scanner looks at each key once. Node 0 is the whole record; the children
 * of a node are neighbours: `firstChild[node]` up to, not including, `lastChild[node]`.
 */
export type PathTree = {
  readonly firstChild: Int32Array
  readonly lastChild: Int32Array
  /** The array index that leads to a node; -1 when it is a key. */
  readonly index: Int32Array
  /** The key that leads to a node. */
  readonly key: readonly string[]
  /** The same in UTF-8: where in `keyBytes`, how long; the length is -1 when no plain bytes can be that key. */
  readonly keyStart: Int32Array
  readonly keyLength: Int32Array
  readonly keyBytes: Uint8Array
  /**
   * For each node a bit per key that leads on: its length plus its first byte (the quote of an empty key), modulo 32.
   * Most keys of a record are ruled out by it.
   */
  readonly marks: Int32Array
  /** For each node the largest array index that leads on; -1 when none does. */
  readonly lastIndexes: Int32Array
  /** Number of a path that ends at a node, -1 when none does; and of the next one that ends where a path does. */
  readonly firstPath: Int32Array
  readonly nextPath: Int32Array
  /** Numbers of the paths that end below a node. */
  readonly below: readonly Int32Array[]
}

export const createPathTree = (paths: readonly Path[]): PathTree => {
  const nodes = [createNode(-1, '')]
  paths.forEach((path, id) => {
    let node = nodes[0] as Node
    for (const segment of path.segments) {
      node.below.push(id)
      const known = node.children.get(segment)
      const child = known ?? (typeof segment === 'number' ? createNode(segment, '') : createNode(-1, segment))
      node.children.set(segment, child)
      node = child
    }
    node.ending.push(id)
  })
  const firstChild: number[] = []
  // Breadth first: the list grows while it is walked.
  for (const node of nodes) {
    firstChild.push(nodes.length)
    nodes.push(...node.children.values())
  }
  const nextPath = new Int32Array(paths.length).fill(-1)
  for (const { ending } of nodes)
    ending.forEach((id, at) => {
      nextPath[id] = ending[at + 1] ?? -1
    })
  const keys = nodes.map(node => Buffer.from(node.key))
  let length = 0
  // A lone surrogate has no UTF-8: only an escape in a record can be that key.
  const lengths = nodes.map((node, at) =>
    node.index >= 0 || keys[at]?.toString() !== node.key ? -1 : (keys[at] as Buffer).length,
  )
  return {
    firstChild: Int32Array.from(firstChild),
    lastChild: Int32Array.from(nodes, (node, at) => (firstChild[at] as number) + node.children.size),
    index: Int32Array.from(nodes, node => node.index),
    key: nodes.map(node => node.key),
    keyStart: Int32Array.from(keys, key => {
      length += key.length
      return length - key.length
    }),
    keyLength: Int32Array.from(lengths),
    keyBytes: Buffer.concat(keys),
    marks: Int32Array.from(nodes, (node, at) => {
      let marks = 0
      for (let child = firstChild[at] as number, count = node.children.size; count > 0; child++, count--) {
        const length = lengths[child] as number
        if (length >= 0) marks |= 1 << (length + (keys[child]?.[0] ?? 0x22))
      }
      return marks
    }),
    lastIndexes: Int32Array.from(nodes, node =>
      [...node.children.values()].reduce((largest, child) => Math.max(largest, child.index), -1),
    ),
    firstPath: Int32Array.from(nodes, node => node.ending[0] ?? -1),
    nextPath,
    below: nodes.map(node => Int32Array.from(node.below)),
  }
}

/** The child that a key leads to, given the bytes between its quotes, none of them a backslash; -1 when no path goes there. */
export const findKey = (tree: PathTree, node: number, bytes: Buffer, start: number, end: number): number => {
  const { keyBytes, keyStart, keyLength } = tree
  const last = tree.lastChild[node] as number
  next: for (let child = tree.firstChild[node] as number; child < last; child++) {
    if (keyLength[child] !== end - start) continue
    const shift = (keyStart[child] as number) - start
    for (let at = start; at < end; at++) if (keyBytes[at + shift] !== bytes[at]) continue next
    return child
  }
  return -1
}

/** The same for a key with escapes in it. */
export const findEscapedKey = (tree: PathTree, node: number, bytes: Buffer, start: number, end: number): number => {
  const key: unknown = JSON.parse(bytes.toString('utf8', start - 1, end + 1))
  const last = tree.lastChild[node] as number
  for (let child = tree.firstChild[node] as number; child < last; child++) {
    if (tree.index[child] === -1 && tree.key[child] === key) return child
  }
  return -1
}

/** The child that an array index leads to; -1 when no path goes there. */
export const findIndex = (tree: PathTree, node: number, index: number): number => {
  const last = tree.lastChild[node] as number
  for (let child = tree.firstChild[node] as number; child < last; child++) {
    if (tree.index[child] === index) return child
  }
  return -1
}

/** The node at which a path ends. */
export const findEnd = (tree: PathTree, path: number): number =>
  tree.firstPath.findIndex(first => {
    for (let id = first; id >= 0; id = tree.nextPath[id] as number) if (id === path) return true
    return false
  })

type Node = {
  readonly index: number
  readonly key: string
  readonly children: Map<string | number, Node>
  readonly ending: number[]
  readonly below: number[]
}

const createNode = (index: number, key: string): Node => ({ index, key, children: new Map(), ending: [], below: [] })
