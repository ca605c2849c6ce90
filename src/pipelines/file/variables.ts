import { nearest } from '../../cli/help/nearest.js'
import { jsonNumber } from '../../core/json/read-number.js'
import type { Mistakes } from './mistakes.js'
import type { Node, Place } from './node.js'
import { readKeys } from './reader.js'

/** Values for `${name}` in texts of a job file. */
export type Variables = {
  readonly values: ReadonlyMap<string, string>
  /** Fills a text; undefined after a mistake. */
  fill(text: string, place: Place): string | undefined
  /** An expression with the values that `$name` stands for in it; undefined after a mistake. */
  fillExpression(text: string, place: Place): string | undefined
  /** Notes a mistake for each variable in code: what it holds would become part of the program. */
  refuseIn(text: string, place: Place, key: string): void
  /** Values that were given and are not declared. */
  readonly unknown: readonly string[]
}

/** What `vars:` declares, with what was given by `--set`. */
export const readVariables = (
  node: Node | undefined,
  given: ReadonlyMap<string, string>,
  mistakes: Mistakes,
): Variables => {
  const values = new Map<string, string>()
  const kinds = new Map<string, Kind>()
  const declared: string[] = []
  for (const { key, place, value } of readEntries(node, mistakes)) {
    declared.push(key)
    if (!/^[A-Za-z_]\w*$/.test(key)) {
      mistakes.add(place, `vars: ${JSON.stringify(key)} is not a name: give letters, digits and _`)
      continue
    }
    const found = given.get(key) ?? readDefault(key, place, value, mistakes)
    if (found !== undefined) values.set(key, found)
    kinds.set(key, kindOf(value))
  }
  const explain = (name: string, isInExpression = false): string => {
    const near = nearest(name, declared)
    const meant = near === undefined ? '' : `; did you mean ${near}?`
    const known = declared.length === 0 ? 'no vars are declared' : `declared are ${declared.join(', ')}`
    if (isInExpression) return `$${name} is not declared below vars: ${known}${meant}`
    return `\${${name}} is not declared below vars: ${known}${meant} $\${ stands for a literal \${`
  }
  return {
    values,
    unknown: [...given.keys()].filter(name => !declared.includes(name)),
    fill(text, place) {
      let isWhole = true
      const filled = text.replace(reference, (found, name: string | undefined, other: string | undefined) => {
        if (found === '$${') return '${'
        const value = name === undefined ? undefined : values.get(name)
        if (value === undefined) {
          isWhole = false
          // What is required and was not given has been told already.
          if (name === undefined)
            mistakes.add(place, `\${${other ?? ''} is not a variable: give \${name}; $\${ stands for \${`)
          else if (!declared.includes(name)) mistakes.add(place, explain(name))
        }
        return value ?? ''
      })
      return isWhole ? filled : undefined
    },
    fillExpression(text, place) {
      let isWhole = true
      const filled = text.replace(inExpression, (found, name: string | undefined) => {
        if (name === undefined) return found
        const value = values.get(name)
        if (value !== undefined && (kinds.get(name) !== 'number' || jsonNumber.test(value)))
          return toJson(value, kinds.get(name))
        isWhole = false
        if (value !== undefined)
          mistakes.add(place, `$${name} is ${JSON.stringify(value)}, which is not a number; its default is one`)
        else if (!declared.includes(name)) mistakes.add(place, explain(name, true))
        return ''
      })
      return isWhole ? filled : undefined
    },
    refuseIn(text, place, key) {
      for (const [, name] of text.matchAll(reference)) {
        if (name === undefined || !declared.includes(name)) continue
        const rest = `an expression reads $${name}, JavaScript process.env.${name}, a shell "$${name}"`
        mistakes.add(place, `${key}: \${${name}} would become code here, whatever it holds; ${rest}`)
      }
    },
  }
}

/** A string, in which nothing is replaced, or a variable. */
const inExpression = /"(?:[^"\\]|\\.)*"|(?<![\w.$])\$([A-Za-z_]\w*)/g

/** What the default of a variable is; without one its values are what they look like. */
type Kind = 'number' | 'text' | undefined

const kindOf = (node: Node): Kind => {
  const value = node.kind === 'map' ? node.entries.find(({ key }) => key === 'default')?.value : undefined
  if (value?.kind !== 'scalar') return undefined
  if (typeof value.value === 'string') return 'text'
  return typeof value.value === 'boolean' ? undefined : 'number'
}

const toJson = (value: string, kind: Kind): string =>
  kind !== 'text' && (jsonNumber.test(value) || /^(?:true|false|null)$/.test(value)) ? value : JSON.stringify(value)

const reference = /\$\$\{|\$\{(?:([A-Za-z_]\w*)\}|([^}]{0,20}))/g

const readEntries = (node: Node | undefined, mistakes: Mistakes) => {
  if (node === undefined) return []
  if (node.kind === 'map') return node.entries
  mistakes.add(node.place, 'vars is a mapping, as in: vars: {region: {default: eu}, day: {required: true}}')
  return []
}

const quoteText = ({ text, value }: Extract<Node, { readonly kind: 'scalar' }>): string =>
  typeof value === 'string' ? JSON.stringify(text) : text

const readDefault = (name: string, place: Place, node: Node, mistakes: Mistakes): string | undefined => {
  if (node.kind === 'scalar' && node.value !== null) {
    const wanted = 'a mapping with default or required'
    mistakes.add(node.place, `vars: ${name}: expected ${wanted}; write it as ${name}: {default: ${quoteText(node)}}`)
    return undefined
  }
  const keys = readKeys(node, `vars: ${name}`, ['default', 'required'], mistakes)
  if (keys === undefined) return undefined
  const { default: value, required } = keys as { default?: Node; required?: Node }
  if (value !== undefined) {
    if (value.kind === 'scalar' && value.value !== null) return value.text
    mistakes.add(value.place, `vars: ${name}: default is a text or a number`)
  } else if (required?.kind === 'scalar' && required.value === true) {
    mistakes.add(place, `vars: ${name} is required: give it with --set ${name}=VALUE`)
  } else mistakes.add(place, `vars: ${name} has no value: give default: VALUE or required: true`)
  return undefined
}
