/** Where something stands in a file, both from 1. */
export type Place = { readonly line: number; readonly column: number }

/** A value of a job file, with its place. */
export type Node =
  | { readonly kind: 'map'; readonly place: Place; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly place: Place; readonly items: readonly Node[] }
  | {
      readonly kind: 'scalar'
      readonly place: Place
      /** As it is written, without quotes: `1.0` and numbers of any length stay what they are. */
      readonly text: string
      readonly value: string | number | bigint | boolean | null
    }

export type Entry = { readonly key: string; readonly place: Place; readonly value: Node }

/** What a value is, in words for an error. */
export const nameKind = (node: Node): string => {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list'
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return `the text ${JSON.stringify(node.text)}`
  return typeof node.value === 'boolean' ? node.text : `the number ${node.text}`
}
