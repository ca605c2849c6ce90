import type { Node } from '../file/node.js'

/** A node as a plain value; whole numbers that fit are numbers. */
export const toValue = (node: Node): unknown => {
  if (node.kind === 'list') return node.items.map(toValue)
  if (node.kind === 'map') return Object.fromEntries(node.entries.map(({ key, value }) => [key, toValue(value)]))
  return typeof node.value === 'bigint' ? Number(node.value) : node.value
}
