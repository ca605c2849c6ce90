import { nobody, Output } from '../core/io/output.js'
import { isTerminal as isTerminalAt } from '../core/io/terminal.js'
import { Lines } from '../core/lines.js'
import { createChalk, type When } from './color.js'

/** What people read on stderr. It shares one output with failure records, so that neither tears the other. */
export type Messages = {
  readonly output: Output
  readonly isTerminal: boolean
  /** Something went wrong; shown even with `--quiet`. */
  error(text: string): void
  /** Something to know; not with `--quiet`. */
  warn(text: string): void
  note(text: string): void
  /** In red, where colours are shown. */
  alarm(text: string): string
}

export const createMessages = (name: string, color: When, quiet: boolean): Messages => {
  const isTerminal = isTerminalAt(2)
  const output = new Output(2)
  let created: ReturnType<typeof createChalk> | undefined
  // Most runs have nothing to say: chalk is loaded when it is used.
  const chalk = () => (created ??= createChalk(color, isTerminal, process.env))
  const say = (text: string) => {
    output.write(Lines.of(Buffer.from(`${text}\n`), 0), 0, nobody)
  }
  const from = name === '' ? 'streamz' : `streamz ${name}`
  return {
    output,
    isTerminal,
    error: text => say(`${chalk().red(`${from}:`)} ${escapeControls(text)}`),
    warn: text => quiet || say(`${chalk().yellow(`${from}:`)} ${escapeControls(text)}`),
    note: text => quiet || say(`${from}: ${escapeControls(text)}`),
    alarm: text => chalk().red(text),
  }
}

/** Raw terminal escapes out of data must never reach a terminal. */
export const escapeControls = (text: string): string =>
  text.replace(controls, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)

// All but tab and newline; and what turns the direction of text around.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
