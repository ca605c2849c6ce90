import { openDeadLetterFile } from '../../stores/dead-letter-file.js'
import type { EntryState } from '../../stores/dead-letter-index.js'
import { createCommand, type Definition } from '../definition.js'
import { exitCodes } from '../exit-codes.js'
import { tellDamage, visitEntries } from './entries.js'
import { addMaxLine, jsonOption, type MaxLineFlag } from './options.js'
import { createPrinter } from './printer.js'
import { createRow, describeRow, rowFields, toJson } from './row.js'
import { addSelectOptions, createSelection, isWantedState, type SelectFlags, stateOption } from './select.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'dlq ls',
    purpose: 'List the entries of a dead-letter file, a line each, oldest first',
    usage: 'FILE [OPTION...]',
    examples: [
      { note: 'what is still to be dealt with', run: 'streamz dlq ls failed.ndjson' },
      { note: 'timeouts of one user', run: 'streamz dlq ls failed.ndjson --kind timeout --where .user=ann' },
      { note: 'what was replayed too often', run: 'streamz dlq ls failed.ndjson --state parked --json' },
    ],
    notes: 'Shows the name of the entry, when and how it failed last. Exit 1 when a line is damaged.',
    seeAlso: ['dlq'],
  }).argument('<file>')
  addSelectOptions(command)
  command.addOption(stateOption())
  command.addOption(jsonOption())
  addMaxLine(command)
  return {
    command,
    async run({ operands }) {
      const [path] = operands as [string]
      const flags = command.opts<SelectFlags & MaxLineFlag & { readonly json?: true; readonly state?: EntryState }>()
      const file = await openDeadLetterFile(path, flags)
      const printer = createPrinter('dlq ls')
      try {
        const index = await visitEntries(file, createSelection(flags), rowFields, printer, (reader, bytes, state) => {
          if (!isWantedState(state, flags.state)) return
          const row = createRow(reader, bytes, state)
          printer.print(flags.json ? toJson(row) : describeRow(row, printer.width))
        })
        const damaged = tellDamage(path, index, printer)
        return await printer.end(damaged ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        file.close()
      }
    },
  }
}
