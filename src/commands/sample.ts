import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { type CountOrShare, countOrPercent } from '../cli/values/percentage.js'
import { size } from '../cli/values/size.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import type { Context } from '../core/processor.js'
import { createRandom } from '../core/rules/random.js'
import { createReservoir } from '../processors/sample/reservoir.js'
import { createSample } from '../processors/sample.js'

type SampleFlags = CommonOptions & {
  readonly key?: readonly Path[]
  readonly missing?: 'pass' | 'drop'
  readonly seed?: number
  readonly maxBytes?: number
}

const chance = 'Choose'

export const define = (): Definition => ({
  words: {
    name: 'sample',
    purpose: 'Pass on a random share of the records, or N of them',
    usage: 'P%|N [OPTION...] [FILE...]',
    examples: [
      { note: 'about one in ten', run: 'streamz sample 10% < orders.ndjson' },
      { note: 'all orders of about half of the users', run: 'streamz sample 50% --key .user < orders.ndjson' },
      { note: 'two records, the same two each time', run: 'streamz sample 2 --seed 7 orders.ndjson' },
    ],
    notes:
      'Records keep their exact bytes; only --key looks into them. A sample of N records is written at the end of the input, or at\nSIGTERM, in input order. The summary contains the seed. Records that are not chosen count as filtered.',
    seeAlso: ['take', 'skip', 'dedupe'],
  },
  operands: [operand('<share>', 'a share such as 10%, or a number of records', countOrPercent), operand('[files...]')],
  options: [
    option(
      chance,
      '--key <path>',
      'pass all records with the same value of this field, or none; several fields: .a,.b',
      fieldPaths,
    ),
    option(chance, '--missing <what>', '`pass` or `drop` a record without the key; else it fails', missingKey),
    option(chance, '--seed <n>', 'the same seed makes the same choice again (random)', wholeNumber(0)),
    option(
      chance,
      '--max-bytes <size>',
      'with N: maximum size of the sample; if it grows larger, the run ends, exit 74 (256MiB)',
      size,
    ),
  ],
  prepare({ operands, flags: options }: Invocation<SampleFlags>) {
    const [wanted, files] = operands as [CountOrShare, string[]]
    const { key, missing, maxBytes } = options
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what to do with a record without the key')
    }
    if ('count' in wanted && key !== undefined) {
      throw new UsageError('--key needs a share instead of a number of records, as in: streamz sample 10% --key .user')
    }
    if ('share' in wanted && maxBytes !== undefined) {
      throw new UsageError('--max-bytes needs a number of records: a share is not held in memory')
    }
    const random = createRandom(seed)
    const create = (context: Context) =>
      'count' in wanted
        ? createReservoir({ count: wanted.count, random, maxBytes: maxBytes ?? 256 * 2 ** 20 }, context)
        : createSample({ share: wanted.share, seed, random, by: key && { key, missing } }, context)
    return {
      command: 'sample',
      options,
      files,
      create(_, context) {
        context.event('told', { seed })
        return create(context)
      },
    }
  },
})
