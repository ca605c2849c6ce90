import { nearest } from '../../cli/help/nearest.js'
import type { Mistakes } from './mistakes.js'
import { type Node, nameKind } from './node.js'

/** The values of a mapping by key; others than the known ones are mistakes. Undefined when it is not a mapping. */
export const readKeys = <Key extends string>(
  node: Node,
  where: string,
  known: readonly Key[],
  mistakes: Mistakes,
): { readonly [key in Key]?: Node } | undefined => {
  const within = where === '' ? '' : `${where}: `
  if (node.kind !== 'map') {
    mistakes.add(node.place, `${within}expected a mapping with ${list(known)}, got ${nameKind(node)}`)
    return undefined
  }
  const found: { [key in Key]?: Node } = {}
  for (const { key, place, value } of node.entries) {
    const name = known.find(one => one === key)
    if (name !== undefined) found[name] = value
    else mistakes.add(place, `${within}unknown key ${JSON.stringify(key)}${suggestKey(key, known)}`)
  }
  return found
}

/** The key that was probably meant, or those that there are. */
export const suggestKey = (key: string, known: readonly string[]): string => {
  if (/[^\w-]/.test(key)) return '; a text with a comma in it needs quotes around it'
  const bare = key.replace(/^--?/, '').replaceAll('_', '-')
  const near = known.includes(bare) ? bare : nearest(bare, known)
  if (near !== undefined) return `; did you mean ${near}?`
  return `; expected ${list(known)}`
}

/** `a, b or c`; of many the first ones. */
export const list = (words: readonly string[]): string => {
  if (words.length > maxListed) return `one of ${words.slice(0, maxListed).join(', ')}, …`
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

const maxListed = 16
