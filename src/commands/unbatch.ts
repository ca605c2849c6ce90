import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { createUnbatch } from '../processors/unbatch.js'

export const define = (): Definition => ({
  words: {
    name: 'unbatch',
    purpose: 'Turn each array back into its elements, one per line, byte for byte',
    usage: '[--items] [FILE...]',
    examples: [
      { note: 'the inverse of batch', run: 'streamz batch --size 100 orders.ndjson | streamz unbatch' },
      { note: 'from envelopes', run: 'streamz batch --size 2 --envelope orders.ndjson | streamz unbatch --items' },
    ],
    notes: 'A record that is not an array is a failure. An empty array gives no records.',
    seeAlso: ['batch', 'flatten'],
  },
  operands: [operand('[files...]')],
  options: [option('Form', '--items', 'the array is in the field `items`, as batch --envelope writes it')],
  prepare({ operands, flags: options }: Invocation<CommonOptions & { readonly items?: true }>) {
    const [files] = operands as [string[]]
    const items = options.items === true
    return { command: 'unbatch', options, files, create: (_, context) => createUnbatch({ items }, context) }
  },
})
