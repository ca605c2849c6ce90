import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { escapeControls } from '../../cli/messages.js'
import { createPrinter } from '../../cli/printer.js'
import { UsageError } from '../../cli/usage-error.js'
import type { DeadLetterReader, Field } from '../../core/dead-letters/reader.js'
import { openDeadLetterFile } from '../../stores/dead-letters/file.js'
import type { EntryState } from '../../stores/dead-letters/index-file.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { readEntryName, tellDamage, visitEntries } from './entries.js'
import { jsonOption, listMaxLine, type MaxLineFlag } from './options.js'
import { createSelection, isSelecting, listSelectOptions, type SelectFlags } from './select.js'

export const define = (): Definition => ({
  words: {
    name: 'dlq show',
    purpose: 'Show whole entries of a dead-letter file',
    usage: 'FILE [ID...] [OPTION...]',
    examples: [
      { note: 'one entry, by its name from ls', run: 'streamz dlq show failed.ndjson 5pFq0YbCk3Wd' },
      { note: 'the failure records themselves', run: 'streamz dlq show failed.ndjson --kind parse --json' },
    ],
    notes:
      'An ID is the name of an entry, or a prefix of it. Without an ID, use options to select entries. --json prints the lines of\nthe file, byte for byte. Exit 1 if there is no such entry, or if a line is damaged.',
    seeAlso: ['dlq'],
  },
  operands: [operand('<file>'), operand('[ids...]')],
  options: [...listSelectOptions(), jsonOption(), ...listMaxLine()],
  common: 'none',
  prepare({ operands, flags }: Invocation<SelectFlags & MaxLineFlag & { readonly json?: true }>) {
    const [given, ids] = operands as [string, string[]]
    if (ids.length === 0 && !isSelecting(flags)) {
      throw new UsageError(
        `No ID was given; to list them: streamz dlq ls ${given}; or select entries, as with --kind timeout`,
      )
    }
    return async () => {
      const path = resolveLink(given)
      const file = await openDeadLetterFile(path, flags)
      const printer = createPrinter('dlq show')
      let found = 0
      try {
        const index = await visitEntries(file, createSelection(flags), shown, printer, (reader, bytes, state) => {
          const name = readEntryName(reader)
          if (ids.length > 0 && !ids.some(id => name.startsWith(id))) return
          found++
          if (!flags.json) printer.print(`${found === 1 ? '' : '\n'}${describe(reader, bytes, state)}`)
          // A terminal must not take a record for a command; JSON allows to write such characters as escapes.
          else printer.print(printer.isTerminal ? escapeControls(bytes.toString()) : Buffer.from(bytes))
        })
        const damaged = tellDamage(path, index, printer)
        if (found === 0) printer.messages.error(`No such entry in ${path}; to list all entries: streamz dlq ls ${path}`)
        return await printer.end(damaged || found === 0 ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        file.close()
      }
    }
  },
})

const rows: readonly (readonly [name: string, field: Field])[] = [
  ['id', 'id'],
  ['file', 'file'],
  ['line', 'line'],
  ['failed', 'time'],
  ['stage', 'stage'],
  ['error', 'error'],
  ['attempts', 'attempts'],
  ['replays', 'replays'],
  ['first failed', 'firstFailedAt'],
  ['first error', 'firstError'],
  ['breaker', 'breaker'],
  ['record', 'record'],
  ['text', 'raw'],
  ['bytes', 'base64'],
]

const shown = rows.map(([, field]) => field)

const describe = (reader: DeadLetterReader, bytes: Buffer, state: EntryState): string => {
  const lines = rows.flatMap(([name, field]) => {
    const start = reader.start(field)
    if (start === -1) return []
    const json = bytes.toString('utf8', start, reader.end(field))
    if (json === 'null') return []
    return [`  ${name.padEnd(14)}${escapeControls(reader.text(field) ?? json)}\n`]
  })
  return `${readEntryName(reader)}  ${state}\n${lines.join('')}`
}
