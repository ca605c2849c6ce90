import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createSkip } from '../processors/skip.js'

export const define = (): Definition => ({
  words: {
    name: 'skip',
    purpose: 'Drop the first COUNT records and pass on the rest',
    usage: 'COUNT [FILE...]',
    examples: [
      { note: 'all but the first two', run: 'streamz skip 2 < orders.ndjson' },
      { note: 'the third and fourth', run: 'streamz skip 2 orders.ndjson | streamz take 2' },
    ],
    notes: 'Records keep their exact bytes and are not parsed. Dropped records count as filtered.',
    seeAlso: ['take'],
  },
  operands: [operand('<count>', 'how many records', wholeNumber(0)), operand('[files...]')],
  prepare({ operands, flags: options }: Invocation<CommonOptions>) {
    const [count, files] = operands as [number, string[]]
    return { command: 'skip', options, files, create: (_, context) => createSkip({ count }, context) }
  },
})
