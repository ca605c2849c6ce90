import type { Kind } from '../../core/failure.js'
import { attemptKinds, type FailurePattern } from '../../core/rules/failure-pattern.js'
import { nearest } from '../help/nearest.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'kinds, exit:CODE and status:CODE separated by commas'

/**
 * The failures named by `timeout,exit:75,status:5xx,status:429`: kinds that a call can fail with, exit codes from 0 to 255 and HTTP statuses,
 * separated by commas. Throws `InvalidValue`.
 */
export const failurePattern = valueParser({ wanted, example: 'timeout,exit:75,status:5xx' }, (text): FailurePattern => {
  const items = text.split(',').map(parseItem)
  return {
    kinds: items.flatMap(item => ('kind' in item ? [item.kind] : [])),
    exits: items.flatMap(item => ('exit' in item ? [item.exit] : [])),
    statuses: items.flatMap(item => ('from' in item ? [item] : [])),
  }
})

/** Failures that are added to others, or with `=` in front are all there are. */
export type AddedPattern = FailurePattern & { readonly replaces: boolean }

/** The same list, `=LIST` in the place of what is there without it. */
export const addedPattern = valueParser(
  { wanted: `${wanted}, optionally preceded by =`, example: 'exit:3 or =timeout,exit:75' },
  (text): AddedPattern => {
    const replaces = text.startsWith('=')
    return { ...failurePattern(replaces ? text.slice(1) : text), replaces }
  },
)

type Item = { readonly kind: Kind } | { readonly exit: number } | { readonly from: number; readonly to: number }

const parseItem = (item: string): Item => {
  const kind = attemptKinds.find(known => known === item)
  if (kind !== undefined) return { kind }
  const [name, value = ''] = item.split(/:(.*)/s)
  if (name === 'exit' && value !== '') return { exit: exitCode(item, value) }
  if (name === 'status') return statuses(item, value)
  const meant = nearest(item, [...attemptKinds, 'status:5xx'])
  const hint = meant === undefined ? ending : `; did you mean ${meant}?`
  throw new InvalidValue(item, 'is not a failure of a call', wanted, meant ?? 'timeout', hint)
}

const ending = ', such as timeout,exit:75,status:5xx'

const exitCode = (item: string, value: string) => {
  const code = /^\d{1,3}$/.test(value) ? Number(value) : 256
  if (code > 255) throw new InvalidValue(item, 'is not an exit code', 'exit: and a number from 0 to 255', 'exit:75')
  return code
}

const statuses = (item: string, value: string) => {
  if (/^[1-5]xx$/.test(value)) return { from: Number(`${value[0]}00`), to: Number(`${value[0]}99`) }
  if (/^[1-5]\d\d$/.test(value)) return { from: Number(value), to: Number(value) }
  throw new InvalidValue(item, 'is not an HTTP status', 'status: and a code or a class', 'status:429 or status:5xx')
}
