import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createSkipLast } from '../processors/skip/last.js'
import { createSkip } from '../processors/skip.js'
import { type LastFlags, listLastOptions, readLast } from './take/last-options.js'

export const define = (): Definition => ({
  words: {
    name: 'skip',
    purpose: 'Drop the first COUNT records, or the last COUNT, and pass on the rest',
    usage: '[--last] COUNT [--max-bytes SIZE] [FILE...]',
    examples: [
      { note: 'all but the first two', run: 'streamz skip 2 < orders.ndjson' },
      { note: 'the third and fourth', run: 'streamz skip 2 orders.ndjson | streamz take 2' },
      { note: 'all but the last one', run: 'streamz skip --last 1 orders.ndjson' },
    ],
    notes:
      'Records keep their exact bytes and are not parsed. Dropped records count as filtered.\nWith --last a record passes once COUNT others have come after it.',
    seeAlso: ['take'],
  },
  operands: [operand('<count>', 'how many records', wholeNumber(0)), operand('[files...]')],
  options: listLastOptions(),
  prepare({ operands, flags: options }: Invocation<CommonOptions & LastFlags>) {
    const [count, files] = operands as [number, string[]]
    const last = readLast(options, 'skip')
    return {
      command: 'skip',
      options,
      files,
      create: (_, context) =>
        last === undefined ? createSkip({ count }, context) : createSkipLast({ count, ...last }, context),
    }
  },
})
