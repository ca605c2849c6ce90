import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createTakeLast } from '../processors/take/last.js'
import { createTake } from '../processors/take.js'
import { type LastFlags, listLastOptions, readLast } from './take/last-options.js'

export const define = (): Definition => ({
  words: {
    name: 'take',
    purpose: 'Pass on the first COUNT records, then stop the upstream; or the last COUNT',
    usage: '[--last] COUNT [--max-bytes SIZE] [FILE...]',
    examples: [
      { note: 'the first three records', run: 'streamz take 3 < orders.ndjson' },
      { note: 'the last two', run: 'streamz take --last 2 orders.ndjson' },
    ],
    notes:
      'Records keep their exact bytes and are not parsed. With --last, they are written at the end of the input or at SIGTERM.',
    seeAlso: ['skip', 'throttle'],
  },
  operands: [operand('<count>', 'how many records', wholeNumber(0)), operand('[files...]')],
  options: listLastOptions(),
  prepare({ operands, flags: options }: Invocation<CommonOptions & LastFlags>) {
    const [count, files] = operands as [number, string[]]
    const last = readLast(options, 'take')
    return {
      command: 'take',
      options,
      files,
      create: (_, context) =>
        last === undefined ? createTake({ count }, context) : createTakeLast({ count, ...last }, context),
    }
  },
})
