import { addCommonOptions, type CommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, value } from '../cli/definition.js'
import { runStream } from '../cli/stream/run-stream.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createTake } from '../processors/take.js'

export const define = (): Definition => {
  const command = createCommand({
    name: 'take',
    purpose: 'Pass on the first N records, then stop the upstream',
    usage: 'N [FILE...]',
    examples: [
      { note: 'the first three records', run: 'streamz take 3 < orders.ndjson' },
      { note: 'also out of compressed files', run: 'streamz take 5 orders.ndjson.gz' },
      { note: 'an endless upstream ends too', run: 'yes 1 | streamz take 3' },
    ],
    notes: 'The records leave byte for byte and are not looked into. What was read ahead counts as not read.',
    seeAlso: ['skip', 'throttle'],
  })
    .argument('<n>', 'how many records', value('N', wholeNumber(0)))
    .argument('[files...]')
  addCommonOptions(command)
  return {
    command,
    run({ operands }) {
      const [count, files] = operands as [number, string[]]
      const options = command.opts<CommonOptions>()
      return runStream({ command: 'take', options, files, create: (_, context) => createTake({ count }, context) })
    },
  }
}
