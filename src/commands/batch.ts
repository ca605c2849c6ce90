import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { duration } from '../cli/values/duration.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { pathValue } from '../cli/values/path-value.js'
import { size } from '../cli/values/size.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import { createBatch } from '../processors/batch.js'

type BatchFlags = CommonOptions & {
  readonly size?: number
  readonly bytes?: number
  readonly within?: number
  readonly until?: { readonly path: Path; readonly text: string }
  readonly key?: readonly Path[]
  readonly missing?: 'pass' | 'drop'
  readonly maxKeys?: number
  readonly envelope?: true
}

const limits = 'Close a batch (at least one of these)'
const form = 'Form'

export const define = (): Definition => ({
  words: {
    name: 'batch',
    purpose: 'Gather records into JSON arrays, one per line, each element byte for byte',
    usage: '[--size N] [--bytes SIZE] [--within DURATION] [--until PATH=VALUE] [FILE...]',
    examples: [
      { note: 'arrays of two', run: 'streamz batch --size 2 < orders.ndjson' },
      {
        note: 'at most 100 records or 64 KiB; no record waits longer than a second',
        run: 'streamz batch --size 100 --bytes 64KiB --within 1s < orders.ndjson',
      },
      {
        note: 'a batch per user, with the reason why it was closed',
        run: 'streamz batch --size 10 --key .user --envelope < orders.ndjson',
      },
    ],
    notes:
      'Open batches are written at the end of the input and at SIGTERM. A line that is not valid JSON is a failure and does not\naffect the array. No array is longer than --max-line unless a single record is.',
    seeAlso: ['unbatch', 'map'],
  },
  operands: [operand('[files...]')],
  options: [
    option(limits, '--size <n>', 'after N records', wholeNumber(1)),
    option(limits, '--bytes <size>', 'before the line would be longer; a longer record is a batch of its own', size),
    option(limits, '--within <duration>', 'this long after the first record', duration),
    option(limits, '--until <path=value>', 'after a record with this value', pathValue),
    option(form, '--key <path>', 'a separate batch for each value of this field, or of several: .a,.b', fieldPaths),
    option(form, '--missing <what>', '`pass` on or `drop` a record without the key; else it fails', missingKey),
    option(form, '--max-keys <n>', 'maximum number of open batches; the oldest is written (1,000)', wholeNumber(1)),
    option(form, '--envelope', 'write {"items":[…],"n":…,"why":…,"first":…,"last":…,"key":…}'),
  ],
  prepare({ operands, flags: options }: Invocation<BatchFlags>) {
    const [files] = operands as [string[]]
    const { size: count, bytes, within, until, key, missing, maxKeys, maxLine } = options
    if (count === undefined && bytes === undefined && within === undefined && until === undefined) {
      throw new UsageError(
        'No limit was given: a batch needs --size, --bytes, --within or --until, as in: streamz batch --size 100',
      )
    }
    if (key === undefined && maxKeys !== undefined) {
      throw new UsageError('--max-keys needs --key: it limits the number of open batches')
    }
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what to do with a record without the key')
    }
    const max = Math.min(bytes ?? maxLine, maxLine)
    return {
      command: 'batch',
      options,
      files,
      create: (_, context) =>
        createBatch(
          {
            size: count,
            bytes: max,
            within,
            until: until === undefined ? undefined : { path: until.path, match: { text: until.text } },
            key,
            missing,
            maxKeys: maxKeys ?? 1000,
            envelope: options.envelope === true,
          },
          context,
        ),
    }
  },
})
