import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createTake } from '../processors/take.js'

export const define = (): Definition => ({
  words: {
    name: 'take',
    purpose: 'Pass on the first COUNT records, then stop the upstream',
    usage: 'COUNT [FILE...]',
    examples: [
      { note: 'the first three records', run: 'streamz take 3 < orders.ndjson' },
      { note: 'from a compressed file', run: 'streamz take 5 orders.ndjson.gz' },
      { note: 'an endless upstream ends too', run: 'yes 1 | streamz take 3' },
    ],
    notes: 'Records keep their exact bytes and are not parsed. Records after the first COUNT do not count as read.',
    seeAlso: ['skip', 'throttle'],
  },
  operands: [operand('<count>', 'how many records', wholeNumber(0)), operand('[files...]')],
  prepare({ operands, flags: options }: Invocation<CommonOptions>) {
    const [count, files] = operands as [number, string[]]
    return { command: 'take', options, files, create: (_, context) => createTake({ count }, context) }
  },
})
