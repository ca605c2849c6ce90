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

const flurry = 'Flurries'

export const define = (): Definition => ({
  words: {
    name: 'debounce',
    purpose: 'Pass on the last record of a flurry, once nothing has come for a while',
    usage: 'DURATION [OPTION...] [FILE...]',
    examples: [
      {
        note: 'only what was said last, when it has been quiet for half a second',
        run: 'streamz debounce 500ms < orders.ndjson',
      },
      { note: 'the last order of each user', run: 'streamz debounce 2s --key .user < orders.ndjson' },
      {
        note: 'at least once a minute, however busy it is',
        run: 'streamz debounce 2s --key .user --max-wait 1m < orders.ndjson',
      },
    ],
    notes:
      'A record that is replaced by a later one is counted as filtered. The end of the input, and SIGTERM, let out what is held.\nThe records leave byte for byte; only --key looks into them.',
    seeAlso: ['throttle', 'dedupe', 'batch'],
  },
  operands: [operand('<duration>', 'how long it must be quiet', duration), operand('[files...]')],
  options: [
    option(flurry, '--key <path>', 'each value of this field is on its own; several fields: .a,.b', fieldPaths),
    option(
      flurry,
      '--missing <what>',
      '`pass` a record without the key at once, or `drop` it; else it fails',
      missingKey,
    ),
    option(
      flurry,
      '--max-keys <n>',
      'keys whose record is held; the one that was quiet longest leaves early (100,000)',
      wholeNumber(1, 1e8),
    ),
    option(flurry, '--max-wait <duration>', 'so long after its first record the last one of a flurry leaves', duration),
  ],
  prepare({ operands, flags: options }: Invocation<DebounceFlags>) {
    const [quiet, files] = operands as [number, string[]]
    const { key, missing, maxKeys, maxWait } = options
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what becomes of a record without the key')
    }
    if (key === undefined && maxKeys !== undefined) {
      throw new UsageError('--max-keys needs --key: it limits how many keys have a record that is held')
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
