import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { fieldPath } from '../cli/values/field-path.js'
import type { Path } from '../core/json/path.js'
import { createPass } from '../processors/pass.js'

type MergeFlags = CommonOptions & { readonly sortedBy?: Path }

export const define = (): Definition => ({
  words: {
    name: 'merge',
    purpose: 'Read several inputs at the same time: whole lines as they come, or in the order of a field',
    usage: '[--sorted-by PATH] [FILE|FIFO...]',
    examples: [
      { note: 'a file and what a program prints', run: 'jq -c . orders.ndjson | streamz merge - prompts.ndjson' },
      {
        note: 'sorted files become one sorted output',
        run: 'streamz merge --sorted-by .id orders.ndjson orders.ndjson.gz',
      },
    ],
    notes:
      'Records keep their exact bytes. Without --sorted-by they are not parsed, and a slow input does not hold up the others.\n--sorted-by waits for the slowest input: null < false < true < numbers < strings by code points, equal ones in the order\nof the FILEs. A record without such a value, or out of order in its FILE, is a failure `field`.',
    seeAlso: ['take', 'dedupe', 'batch'],
  },
  operands: [operand('[files...]')],
  options: [
    option('Order', '--sorted-by <path>', 'each input is sorted by this field, and so is the output', fieldPath),
  ],
  prepare({ operands, flags: options }: Invocation<MergeFlags>) {
    const [files] = operands as [string[]]
    const { sortedBy } = options
    if (files.filter(file => file === '-').length > 1) {
      throw new UsageError('Standard input (-) is given twice: it can be read once')
    }
    if (sortedBy !== undefined && options.rawInput) {
      throw new UsageError('--sorted-by does not go with --raw-input: lines of text have no fields')
    }
    return {
      command: 'merge',
      options,
      files,
      together: { sortedBy },
      create: (_, context) => createPass({}, context),
    }
  },
})
