import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import type { Words } from '../../cli/help/words.js'
import { createPrinter, type Printer } from '../../cli/printer.js'
import { type DeadLetterFile, openDeadLetterFile } from '../../stores/dead-letters/file.js'
import type { EntryMarks, EntryState } from '../../stores/dead-letters/index-file.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { tellDamage } from './entries.js'
import { jsonOption, listMaxLine, type MaxLineFlag } from './options.js'
import { createSelection, listSelectOptions, type SelectFlags, type Selection, stateOption } from './select.js'

export type Survey = {
  readonly path: string
  readonly file: DeadLetterFile
  readonly flags: SelectFlags & MaxLineFlag & { readonly json?: true; readonly state?: EntryState }
  readonly selection: Selection
  readonly printer: Printer
}

/** A verb that goes through a dead-letter file, prints what it finds and says at the end what was damaged. */
export const defineSurvey = (words: Words, look: (survey: Survey) => Promise<EntryMarks>): Definition => ({
  words,
  operands: [operand('<file>')],
  options: [...listSelectOptions(), stateOption(), jsonOption(), ...listMaxLine()],
  common: 'none',
  prepare:
    ({ operands, flags }: Invocation<Survey['flags']>) =>
    async () => {
      const [given] = operands as [string]
      const path = resolveLink(given)
      const file = await openDeadLetterFile(path, flags)
      const printer = createPrinter(words.name)
      try {
        const found = await look({ path, file, flags, selection: createSelection(flags), printer })
        const damaged = tellDamage(path, found, printer)
        return await printer.end(damaged ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        file.close()
      }
    },
})
