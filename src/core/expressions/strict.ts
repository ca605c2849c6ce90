import type { Path } from '../json/path.js'
import type { Leaf, Test } from './tree.js'

/** Why a strict test has no answer. `wanted` is missing when the field itself is. */
export type Fault = { readonly path: Path; readonly found?: Type; readonly wanted?: string }

export type Type = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array'

/** The type of a JSON value by its first byte. */
export const typeOf = (byte: number): Type => {
  if (byte === 0x22) return 'string'
  if (byte === 0x7b) return 'object'
  if (byte === 0x5b) return 'array'
  if (byte === 0x6e) return 'null'
  return byte === 0x74 || byte === 0x66 ? 'boolean' : 'number'
}

/** Notes the first field that is missing or of a type that cannot be compared. */
export const createStrictness = (paths: readonly Path[]) => {
  let fault: Fault | undefined

  /** The type of a field's value; one that is none of those wanted is noted. */
  const check = (place: number, start: number, bytes: Buffer, wanted: readonly Type[]): Type | undefined => {
    const path = paths[place] as Path
    if (start === -1) {
      fault ??= { path }
      return undefined
    }
    const found = typeOf(bytes[start] as number)
    if (wanted.length === 0 || wanted.includes(found)) return found
    fault ??= { path, found, wanted: wanted.join(' or ') }
    return undefined
  }

  return {
    takeFault(): Fault | undefined {
      const taken = fault
      fault = undefined
      return taken
    },
    /** The same test, which looks at its fields first; `has` asks for nothing. */
    watch(leaf: Leaf, place: number, other: number, test: Test): Test {
      if (leaf.is === 'has') return test
      const wanted = listTypes(leaf)
      return (bytes, starts, ends, base) => {
        const found = check(place, starts[base + place] as number, bytes, wanted)
        if (found !== undefined && other !== -1) check(other, starts[base + other] as number, bytes, [found])
        return test(bytes, starts, ends, base)
      }
    },
  }
}

/** What the first field may be; nothing is said of one that is only asked for. */
const listTypes = (leaf: Leaf): readonly Type[] => {
  if (leaf.is === 'pattern') return ['string']
  if (leaf.is === 'list') return [...new Set(leaf.json.map(typeOfJson))]
  if (leaf.is === 'value') return leaf.json === 'null' ? [] : [typeOfJson(leaf.json)]
  if (leaf.is === 'fields' && leaf.operator !== '==' && leaf.operator !== '!=') return ['number', 'string']
  return []
}

const typeOfJson = (json: string): Type => typeOf(json.charCodeAt(0))
