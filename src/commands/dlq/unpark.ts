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
    purpose: 'Make parked entries waiting again, with no replays used up',
    usage: 'FILE [ID...] [OPTION...]',
    examples: [
      { note: 'all parked entries', run: 'streamz dlq unpark failed.ndjson' },
      { note: 'parked entries of one kind', run: 'streamz dlq unpark failed.ndjson --kind http_status' },
    ],
    notes: 'An ID is the name of an entry from dlq ls, or a prefix of it. Exit 1 if none of them is parked.',
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
