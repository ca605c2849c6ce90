import { addCommonOptions, type CommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, value } from '../cli/definition.js'
import { runStream } from '../cli/stream/run-stream.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createSkip } from '../processors/skip.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'skip',
    purpose: 'Drop the first N records and pass on the rest',
    usage: 'N [FILE...]',
    examples: [
      { note: 'all but the first two', run: 'streamz skip 2 < orders.ndjson' },
      { note: 'the third and fourth', run: 'streamz skip 2 orders.ndjson | streamz take 2' },
    ],
    notes: 'The records leave byte for byte and are not looked into. What is dropped is counted as filtered.',
    seeAlso: ['take'],
  })
    .argument('<n>', 'how many records', value('N', wholeNumber(0)))
    .argument('[files...]')
  addCommonOptions(command)
  return {
    command,
    run({ operands }) {
      const [count, files] = operands as [number, string[]]
      const options = command.opts<CommonOptions>()
      return runStream({ command: 'skip', options, files, create: (_, context) => createSkip({ count }, context) })
    },
  }
}
