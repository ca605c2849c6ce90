import { addCommonOptions, type CommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, option } from '../cli/definition.js'
import { runStream } from '../cli/stream/run-stream.js'
import { createUnbatch } from '../processors/unbatch.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'unbatch',
    purpose: 'Turn each array back into its elements, one a line, byte for byte',
    usage: '[--items] [FILE...]',
    examples: [
      { note: 'the inverse of batch', run: 'streamz batch --size 100 orders.ndjson | streamz unbatch' },
      { note: 'out of envelopes', run: 'streamz batch --size 2 --envelope orders.ndjson | streamz unbatch --items' },
    ],
    notes: 'A record that is no array is a failure. An empty array is a record without elements: nothing is emitted.',
    seeAlso: ['batch'],
  })
    .argument('[files...]')
    .addOption(option('Form', '--items', 'the array is the field `items`, as batch --envelope writes it'))
  addCommonOptions(command)
  return {
    command,
    run({ operands }) {
      const [files] = operands as [string[]]
      const options = command.opts<CommonOptions & { readonly items?: true }>()
      const items = options.items === true
      return runStream({
        command: 'unbatch',
        options,
        files,
        create: (_, context) => createUnbatch({ items }, context),
      })
    },
  }
}
