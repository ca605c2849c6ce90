import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { checkNamePattern, checkOutput } from '../cli/outputs/check-outputs.js'
import { listOutputOptions, type OutputFlags, readExisting } from '../cli/outputs/output-options.js'
import { createRunOutputs } from '../cli/outputs/run-outputs.js'
import { toText } from '../cli/stream/raw-records.js'
import type { Stage } from '../cli/stream/stage.js'
import { UsageError } from '../cli/usage-error.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import { fnv1a64Hex } from '../core/tables/fnv.js'
import { createOnePart } from '../processors/partition/one-part.js'
import { createPartition, type PartFiles } from '../processors/partition.js'
import { encodeKey } from '../stores/outputs/encode-key.js'
import { createNamePattern, type NamePattern } from '../stores/outputs/name-pattern.js'
import type { OutputFiles } from '../stores/outputs/output-files.js'

type PartitionFlags = OutputFlags & {
  readonly key?: readonly Path[]
  readonly out?: string
  readonly only?: number
  readonly maxKeys?: number
  readonly missing?: 'pass' | 'drop'
}

const how = 'Divide'

export const define = (): Definition => ({
  words: {
    name: 'partition',
    purpose: 'Divide records into files: one per value of a field, or N by hash or in turn',
    usage: '--key PATH [OPTION...] [FILE...]\n       streamz partition N [--key PATH] [OPTION...] [FILE...]',
    examples: [
      { note: 'a file per user, part/ada.ndjson and so on', run: 'streamz partition --key .user < orders.ndjson' },
      {
        note: 'other names, compressed',
        run: "streamz partition --key .user --out 'users/{key}.ndjson' --gzip < orders.ndjson",
      },
      {
        note: 'only large orders, a file per user',
        run: "streamz filter '.amount > 100' orders.ndjson | streamz partition --key .user --out 'large/{key}.ndjson'",
      },
      { note: 'four files, each with a quarter of the records', run: 'streamz partition 4 < orders.ndjson' },
      {
        note: "the second of four parts; a user's records are all in the same part",
        run: 'streamz partition 4 --key .user --only 1 < orders.ndjson',
      },
    ],
    notes:
      'Everything is written to NAME.part, and all files are renamed when the run ends with 0 or 1. In names, every character of a\nkey except letters, digits, - _ and . is percent-encoded, so that no key leaves the folder. Failures of earlier stages go to\nstandard output.',
    seeAlso: ['filter', 'route', 'batch'],
  },
  operands: [operand('[operands...]', 'N, the number of parts; and FILEs')],
  stepOperands: [operand('[parts]', 'the number of parts')],
  options: [
    option(how, '--key <path>', 'divide by the value of this field, or of several: .country,.city', fieldPaths),
    option(how, '--out <name>', 'names of the files (part/{key}.ndjson, or part-{n}.ndjson for N parts)'),
    option(
      how,
      '--only <i>',
      'write part I of N (the first is 0) to standard output, and no files',
      wholeNumber(0, 99_999, '0'),
    ),
    option(
      how,
      '--max-keys <n>',
      'maximum number of keys; records with further keys fail as `unmatched` (100,000)',
      wholeNumber(1, 1e7),
    ),
    option(
      how,
      '--missing <what>',
      '`pass` a record without the key to standard output, or `drop` it; else it fails',
      missingKey,
    ),
    ...listOutputOptions(),
  ],
  prepare({ operands, flags }: Invocation<PartitionFlags>) {
    const [words] = operands as [string[]]
    const [first = ''] = words
    if (!/^\d+$/.test(first)) return prepareKeys(flags, words)
    const parts = readParts(first)
    return flags.only === undefined
      ? prepareParts(flags, parts, words.slice(1))
      : prepareOne(flags, { parts, only: flags.only }, words.slice(1))
  },
})

const readParts = (text: string): number => {
  try {
    return wholeNumber(1, 100_000)(text)
  } catch (error) {
    throw new UsageError(`N: ${error instanceof Error ? error.message : error}; a FILE of that name is ./${text}`)
  }
}

const defaultMaxKeys = 100_000

const prepareKeys = (flags: PartitionFlags, files: readonly string[]): Stage => {
  const { key, out = 'part/{key}.ndjson', maxKeys = defaultMaxKeys, missing } = flags
  if (key === undefined) {
    throw new UsageError(
      'Neither --key nor a number of parts was given; examples: streamz partition --key .user, streamz partition 4',
    )
  }
  if (flags.only !== undefined)
    throw new UsageError('--only needs a number of parts, as in: streamz partition 4 --only 1')
  const existing = readExisting(flags)
  const pattern = readPattern(out, '{key}', '[A-Za-z0-9_.%~-]+', flags)
  const outputs = createRunOutputs(flags)
  return {
    command: 'partition',
    options: flags,
    files,
    outputs,
    begin: () => checkNamePattern('--out', pattern, { existing, inputs: files }),
    create(shared, context) {
      const store = outputs.open(shared, context)
      // What an earlier run has left takes its name as well, whether or not its key comes again.
      if (existing === 'append') for (const left of pattern.list('.part')) store.add(left.slice(0, -'.part'.length))
      const add = (text: string, canonical: Buffer) =>
        store.add(
          nameFile(
            pattern,
            encodeKey(text, () => fnv1a64Hex(canonical, 0, canonical.length)),
          ),
        )
      return createPartition({ files: writeText(store, flags), key, missing, maxKeys, add }, context)
    },
  }
}

const writeText = (store: OutputFiles, { rawOutput }: OutputFlags): PartFiles =>
  rawOutput ? { put: (file, lines) => store.put(file, toText(lines)), finish: store.finish } : store

// Temporary files end in .part, so the name of a key must not.
const nameFile = (pattern: NamePattern, name: string): string => pattern.fill(name).replace(/\.part$/, '%2Epart')

const prepareParts = (flags: PartitionFlags, parts: number, files: readonly string[]): Stage => {
  refuseMaxKeys(flags)
  const { key = [], out = 'part-{n}.ndjson', missing } = flags
  const existing = readExisting(flags)
  const pattern = readPattern(out, '{n}', String.raw`\d+`, flags)
  const names = Array.from({ length: parts }, (_, part) => pattern.fill(String(part)))
  const outputs = createRunOutputs(flags)
  return {
    command: 'partition',
    options: flags,
    files,
    outputs,
    begin() {
      for (const name of names) checkOutput('--out', name, existing)
      if (existing !== 'refuse') checkNamePattern('--out', pattern, { existing, inputs: files })
    },
    create(shared, context) {
      const store = outputs.open(shared, context)
      for (const name of names) store.add(name)
      return createPartition({ files: writeText(store, flags), key, missing, parts }, context)
    },
  }
}

const prepareOne = (
  flags: PartitionFlags,
  { parts, only }: { readonly parts: number; readonly only: number },
  files: readonly string[],
): Stage => {
  refuseMaxKeys(flags)
  const flag = (['out', 'append', 'overwrite', 'gzip', 'maxOpen'] as const).find(name => flags[name] !== undefined)
  if (flag !== undefined) {
    const name = flag === 'maxOpen' ? '--max-open' : `--${flag}`
    throw new UsageError(`${name} cannot be used with --only, which writes to standard output`)
  }
  if (only >= parts) {
    throw new UsageError(`--only: "${only}" is too large; the last of ${parts} parts is ${parts - 1}`)
  }
  const { key = [], missing } = flags
  return {
    command: 'partition',
    options: flags,
    files,
    create: (_, context) => createOnePart({ parts, only, key, missing }, context),
  }
}

const refuseMaxKeys = ({ maxKeys }: PartitionFlags): void => {
  if (maxKeys !== undefined)
    throw new UsageError('--max-keys cannot be used with a number of parts, which is already the number of files')
}

const readPattern = (out: string, placeholder: string, values: string, { gzip }: OutputFlags): NamePattern => {
  if (!out.includes(placeholder)) {
    throw new UsageError(
      `--out: ${JSON.stringify(out)} has no ${placeholder}, so all files would have the same name; use a name such as part-${placeholder}.ndjson`,
    )
  }
  if (/(?:^|\/)$|\.part$/.test(out))
    throw new UsageError(`--out: ${JSON.stringify(out)} cannot be the name of an output file`)
  return createNamePattern(gzip && !out.endsWith('.gz') ? `${out}.gz` : out, placeholder, values)
}
