import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { createPrinter } from '../../cli/printer.js'
import { unpark } from '../../stores/dead-letters/unpark.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { count, tellDamage } from './entries.js'
import { listMaxLine, type MaxLineFlag } from './options.js'
import { createSelection, listSelectOptions, type SelectFlags } from './select.js'

export const define = (): Definition => ({
  words: {
    name: 'dlq unpark',
    purpose: 'Let parked entries be replayed again, as if they had never been',
    usage: 'FILE [ID...] [OPTION...]',
    examples: [
      { note: 'all that are parked', run: 'streamz dlq unpark failed.ndjson' },
      { note: 'those of a kind', run: 'streamz dlq unpark failed.ndjson --kind http_status' },
    ],
    notes:
      'An ID is the name of an entry, as dlq ls shows it, or the beginning of one. Exit 1 when none of them is parked.',
    seeAlso: ['dlq'],
    exit: ['temporary'],
  },
  operands: [operand('<file>'), operand('[ids...]')],
  options: [...listSelectOptions(), ...listMaxLine()],
  common: 'none',
  prepare({ operands, flags }: Invocation<SelectFlags & MaxLineFlag>) {
    const [given, ids] = operands as [string, string[]]
    return async () => {
      const path = resolveLink(given)
      const printer = createPrinter('dlq unpark')
      const { warn } = printer.messages
      const done = await unpark({ path, ids, maxLine: flags.maxLine, ...createSelection(flags), warn })
      printer.tell(`${count(done.unparked, 'entry')} of ${path} can be replayed again`)
      const damaged = tellDamage(path, done, printer)
      const isNothing = done.unparked === 0 && ids.length > 0
      return printer.end(damaged || isNothing ? exitCodes.failures.code : exitCodes.ok.code)
    }
  },
})
