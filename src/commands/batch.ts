import { addCommonOptions, type CommonOptions } from '../cli/common-options.js'
import { createCommand, type Definition, option } from '../cli/definition.js'
import { runStream } from '../cli/stream/run-stream.js'
import { UsageError } from '../cli/usage-error.js'
import { duration } from '../cli/values/duration.js'
import { pathValue } from '../cli/values/path-value.js'
import { size } from '../cli/values/size.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import { type Path, parsePath } from '../core/json/path.js'
import { createBatch } from '../processors/batch.js'

type BatchFlags = CommonOptions & {
  readonly size?: number
  readonly bytes?: number
  readonly within?: number
  readonly until?: { readonly path: Path; readonly text: string }
  readonly key?: Path
  readonly maxKeys: number
  readonly envelope?: true
}

const limits = 'When a batch is closed (at least one of these)'
const form = 'Form'

export const define = (): Definition => {
  const command = createCommand({
    name: 'batch',
    purpose: 'Gather records into JSON arrays, one a line, each element byte for byte',
    usage: '[--size N] [--bytes SIZE] [--within DURATION] [--until PATH=VALUE] [FILE...]',
    examples: [
      { note: 'arrays of two', run: 'streamz batch --size 2 < orders.ndjson' },
      {
        note: 'at most 100 records or 64 KiB, and none waits longer than a second',
        run: 'streamz batch --size 100 --bytes 64KiB --within 1s < orders.ndjson',
      },
      {
        note: 'a batch per user, with why it was closed',
        run: 'streamz batch --size 10 --key .user --envelope < orders.ndjson',
      },
    ],
    notes:
      'What is open at the end of the input or at SIGTERM is emitted. A record that is no valid JSON is a failure, so that\none bad line never spoils an array. No array is longer than --max-line unless one record alone is.',
    seeAlso: ['unbatch', 'map'],
  })
    .argument('[files...]')
    .addOption(option(limits, '--size <n>', 'after so many records', wholeNumber(1)))
    .addOption(option(limits, '--bytes <size>', 'before the line would be longer; a longer record goes alone', size))
    .addOption(option(limits, '--within <duration>', 'so long after its first record', duration))
    .addOption(option(limits, '--until <path=value>', 'after a record with this value', pathValue))
    .addOption(option(form, '--key <path>', 'a batch per value of this field', parsePath))
    .addOption(
      option(form, '--max-keys <n>', 'open batches at most; the oldest is emitted (1,000)', wholeNumber(1)).default(
        1000,
      ),
    )
    .addOption(option(form, '--envelope', 'emit {"items":[…],"n":…,"why":…,"first":…,"last":…,"key":…}'))
  addCommonOptions(command)
  return {
    command,
    run({ operands }) {
      const [files] = operands as [string[]]
      const options = command.opts<BatchFlags>()
      const { size: most, bytes, within, until, key, maxKeys, maxLine } = options
      if (most === undefined && bytes === undefined && within === undefined && until === undefined) {
        throw new UsageError(
          'No limit is given: a batch needs --size, --bytes, --within or --until, as in: streamz batch --size 100',
        )
      }
      if (key === undefined && command.getOptionValueSource('maxKeys') === 'cli') {
        throw new UsageError('--max-keys needs --key: it limits how many keys have an open batch')
      }
      const longest = Math.min(bytes ?? maxLine, maxLine)
      return runStream({
        command: 'batch',
        options,
        files,
        create: (_, context) =>
          createBatch(
            {
              size: most,
              bytes: longest,
              within,
              until: until === undefined ? undefined : { path: until.path, match: { text: until.text } },
              key,
              maxKeys,
              envelope: options.envelope === true,
            },
            context,
          ),
      })
    },
  }
}
