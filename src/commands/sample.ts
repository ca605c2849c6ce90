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

const chance = 'What is chosen'

export const define = (): Definition => ({
  words: {
    name: 'sample',
    purpose: 'Pass on a random share of the records, or so many of all',
    usage: 'P%|N [OPTION...] [FILE...]',
    examples: [
      { note: 'about one in ten', run: 'streamz sample 10% < orders.ndjson' },
      { note: 'all orders of about half of the users', run: 'streamz sample 50% --key .user < orders.ndjson' },
      { note: 'two of all, the same two each time', run: 'streamz sample 2 --seed 7 orders.ndjson' },
    ],
    notes:
      'The records leave byte for byte; only --key looks into them. N of all are known at the end of the input, or at SIGTERM,\nand leave in its order. The summary tells the seed. What is not chosen is counted as filtered.',
    seeAlso: ['take', 'skip', 'dedupe'],
  },
  operands: [operand('<share>', 'a share such as 10%, or how many records', countOrPercent), operand('[files...]')],
  options: [
    option(chance, '--key <path>', 'all records with the same value of this field or none; several: .a,.b', fieldPaths),
    option(
      chance,
      '--missing <what>',
      '`pass` a record without the key in any case, or `drop` it; else it fails',
      missingKey,
    ),
    option(chance, '--seed <n>', 'the same seed chooses the same again (a random one)', wholeNumber(0)),
    option(
      chance,
      '--max-bytes <size>',
      'with N: longest sample that is held; more ends the run, exit 74 (256MiB)',
      size,
    ),
  ],
  prepare({ operands, flags: options }: Invocation<SampleFlags>) {
    const [wanted, files] = operands as [CountOrShare, string[]]
    const { key, missing, maxBytes } = options
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what becomes of a record without the key')
    }
    if ('count' in wanted && key !== undefined) {
      throw new UsageError('--key goes with a share of the records, as in: streamz sample 10% --key .user')
    }
    if ('share' in wanted && maxBytes !== undefined) {
      throw new UsageError('--max-bytes goes with a number of records: a share is not held')
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
