import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { duration } from '../cli/values/duration.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import { createDebounce } from '../processors/debounce.js'

type DebounceFlags = CommonOptions & {
  readonly key?: readonly Path[]
  readonly missing?: 'pass' | 'drop'
  readonly maxKeys?: number
  readonly maxWait?: number
}

const burst = 'Bursts'

export const define = (): Definition => ({
  words: {
    name: 'debounce',
    purpose: 'Pass on the last record of a burst, once no more come for a while',
    usage: 'DURATION [OPTION...] [FILE...]',
    examples: [
      {
        note: 'the latest record, once no other has come for half a second',
        run: 'streamz debounce 500ms < orders.ndjson',
      },
      { note: 'the last order of each user', run: 'streamz debounce 2s --key .user < orders.ndjson' },
      {
        note: 'for a busy key at least one record a minute',
        run: 'streamz debounce 2s --key .user --max-wait 1m < orders.ndjson',
      },
    ],
    notes:
      'A record that is replaced by a later one counts as filtered. At the end of the input and at SIGTERM, held records are passed on.\nRecords keep their exact bytes; only --key looks into them.',
    seeAlso: ['throttle', 'dedupe', 'batch'],
  },
  operands: [operand('<duration>', 'how long no other record may come', duration), operand('[files...]')],
  options: [
    option(burst, '--key <path>', 'handle each value of this field separately; several fields: .a,.b', fieldPaths),
    option(
      burst,
      '--missing <what>',
      '`pass` a record without the key at once, or `drop` it; else it fails',
      missingKey,
    ),
    option(
      burst,
      '--max-keys <n>',
      'maximum number of held records; the one that has been quiet longest leaves early (100,000)',
      wholeNumber(1, 1e8),
    ),
    option(
      burst,
      '--max-wait <duration>',
      'pass on the latest record this long after the first of a burst, even if more keep coming',
      duration,
    ),
  ],
  prepare({ operands, flags: options }: Invocation<DebounceFlags>) {
    const [quiet, files] = operands as [number, string[]]
    const { key, missing, maxKeys, maxWait } = options
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what to do with a record without the key')
    }
    if (key === undefined && maxKeys !== undefined) {
      throw new UsageError('--max-keys needs --key: it limits the number of keys')
    }
    return {
      command: 'debounce',
      options,
      files,
      create: (_, context) =>
        createDebounce(
          { quiet, by: key && { key, missing }, maxKeys: maxKeys ?? 100_000, maxWait, maxBytes: 256 * 2 ** 20 },
          context,
        ),
    }
  },
})
