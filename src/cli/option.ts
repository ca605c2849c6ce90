import { Option } from 'commander'
import { UsageError } from './usage-error.js'
import type { ValueParser } from './values/value-parser.js'

/** An option in a named group of the help. Without a parser its value is a text that must not be empty. */
export const option = (group: string, flags: string, description: string, parse?: ValueParser<unknown>): Option => {
  const created = new Option(flags, description).helpGroup(group)
  if (parse === undefined) return created.required ? created.argParser(refuseEmpty(created)) : created
  // For completion only: the parser decides which values are valid.
  if (parse.words !== undefined) created.choices(parse.words)
  const read = value(created.long ?? flags, parse)
  parsers.set(created, parse)
  if (!parse.repeats) return created.argParser(read)
  return created.argParser((text: string, before: readonly unknown[] | undefined) => [...(before ?? []), read(text)])
}

/** What an option wants, as data; undefined for a text or a switch. */
export const parserOf = (option: Option): ValueParser<unknown> | undefined => parsers.get(option)

/** Marks an option whose value is code: what a variable holds must never become part of it. */
export const asCode = (created: Option): Option => {
  codes.add(created)
  return created
}

export const isCode = (option: Option): boolean => codes.has(option)

/** Marks an option whose value may be `env:NAME` or `@FILE`. */
export const asSecret = (created: Option): Option => {
  secrets.add(created)
  return created
}

export const takesSecret = (option: Option): boolean => secrets.has(option)

const codes = new WeakSet<Option>()
const secrets = new WeakSet<Option>()
const parsers = new WeakMap<Option, ValueParser<unknown>>()

/** Turns a value parser into one whose errors begin with the flag. */
export const value =
  <T>(flag: string, parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof Error) throw new UsageError(`${flag}: ${error.message}`)
      throw error
    }
  }

const refuseEmpty =
  ({ long, flags }: Option) =>
  (text: string): string => {
    if (text !== '') return text
    const name = /<(.*)>/.exec(flags)?.[1]?.toUpperCase()
    throw new UsageError(
      `${long}: the value is empty, perhaps from a variable that is not set; expected ${long} ${name}`,
    )
  }
