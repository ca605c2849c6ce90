import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { formatCount } from '../cli/format.js'
import { option } from '../cli/option.js'
import { choice } from '../cli/values/choice.js'
import { size } from '../cli/values/size.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { createBuffer } from '../processors/buffer.js'

type BufferFlags = CommonOptions & {
  readonly whenFull: 'block' | 'drop-new' | 'drop-old'
  readonly bytes: number
}

const room = 'Room'

export const define = (): Definition => ({
  words: {
    name: 'buffer',
    purpose: 'Absorb bursts: keep reading while the next stage is busy, until N records wait',
    usage: 'N [--when-full WHAT] [--bytes SIZE] [FILE...]',
    examples: [
      {
        note: 'bursts of up to 100,000 records do not hold up the writer',
        run: 'streamz buffer 100000 < orders.ndjson | streamz throttle --rate 50/s',
      },
      {
        note: 'only the latest records matter',
        run: 'streamz buffer 1000 --when-full drop-old < orders.ndjson | streamz throttle --rate 50/s',
      },
    ],
    notes:
      'Records keep their exact bytes and order and are not parsed. Dropped records count as filtered; a warning at the end says how\nmany there were. At the end of the input and at SIGTERM, waiting records are passed on.',
    seeAlso: ['throttle', 'batch'],
  },
  operands: [operand('<n>', 'maximum number of waiting records', wholeNumber(1)), operand('[files...]')],
  options: [
    option(
      room,
      '--when-full <what>',
      '`block` the writer (default), `drop-new` to drop arriving records, or `drop-old` to drop those that have waited longest',
      choice(['block', 'drop-new', 'drop-old']),
    ).default('block'),
    option(room, '--bytes <size>', 'maximum number of waiting bytes (64MiB)', size).default(64 * 2 ** 20, '64MiB'),
  ],
  prepare({ operands, flags: options }: Invocation<BufferFlags>) {
    const [count, files] = operands as [number, string[]]
    const { whenFull, bytes } = options
    return {
      command: 'buffer',
      options,
      files,
      create({ messages }, context) {
        let dropped = 0
        const filter = (records: number, number?: number) => {
          dropped += records
          context.filter(records, number)
        }
        const buffer = createBuffer({ count, bytes, whenFull }, { ...context, filter })
        return {
          ...buffer,
          async end() {
            await buffer.end?.()
            if (dropped === 0) return
            const records = dropped === 1 ? '1 record was' : `${formatCount(dropped)} records were`
            messages.warn(
              `${records} dropped because the buffer was full (--when-full ${whenFull}); use a larger N or --bytes`,
            )
          },
        }
      },
    }
  },
})
