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
    purpose: 'Read several inputs at the same time: whole lines as they arrive, or sorted by a field',
    usage: '[--sorted-by PATH] [FILE|FIFO...]',
    examples: [
      { note: 'a file and the output of a program', run: 'jq -c . orders.ndjson | streamz merge - prompts.ndjson' },
      {
        note: 'merge sorted files into one sorted output',
        run: 'streamz merge --sorted-by .id orders.ndjson orders.ndjson.gz',
      },
    ],
    notes:
      'Records keep their exact bytes. Without --sorted-by they are not parsed, and a slow input does not hold up the others.\n--sorted-by waits for the slowest input. The order is null < false < true < numbers < strings (by code points); equal values come\nin the order of the FILEs. A record without such a value, or out of order in its FILE, fails as `field`.',
    seeAlso: ['take', 'dedupe', 'batch'],
  },
  operands: [operand('[files...]')],
  options: [
    option('Order', '--sorted-by <path>', 'merge inputs that are sorted by this field into a sorted output', fieldPath),
  ],
  prepare({ operands, flags: options }: Invocation<MergeFlags>) {
    const [files] = operands as [string[]]
    const { sortedBy } = options
    if (files.filter(file => file === '-').length > 1) {
      throw new UsageError('Standard input (-) was given twice, but it can be read only once')
    }
    if (sortedBy !== undefined && options.rawInput) {
      throw new UsageError('--sorted-by cannot be used with --raw-input, because lines of text have no fields')
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
