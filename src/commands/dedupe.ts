import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { UsageError } from '../cli/usage-error.js'
import { duration } from '../cli/values/duration.js'
import { fieldPaths } from '../cli/values/field-paths.js'
import { missingKey } from '../cli/values/missing-key.js'
import { wholeNumber } from '../cli/values/whole-number.js'
import type { Path } from '../core/json/path.js'
import { createChanges, createDedupe } from '../processors/dedupe.js'
import { prepareState } from './dedupe/state.js'

type DedupeFlags = CommonOptions & {
  readonly key?: readonly Path[]
  readonly missing?: 'pass' | 'drop'
  readonly ttl?: number
  readonly maxKeys?: number
  readonly changes?: true
  readonly state?: string
}

const equal = 'Compare'
const memory = 'Remember'

export const define = (): Definition => ({
  words: {
    name: 'dedupe',
    purpose: 'Pass on the first of equal records and drop the others',
    usage: '[OPTION...] [FILE...]',
    examples: [
      { note: 'each user once', run: 'streamz dedupe --key .user < orders.ndjson' },
      {
        note: 'a pair of fields as the key, for a day',
        run: 'streamz dedupe --key .user,.kind --ttl 24h < orders.ndjson',
      },
      {
        note: 'only what differs from the record before it',
        run: 'streamz dedupe --changes --key .kind < orders.ndjson',
      },
    ],
    notes:
      'Without --key, records are equal if their bytes are equal. Dropped records count as filtered. Keys are remembered as 128-bit\nhashes; the summary says how many were forgotten to make room.',
    seeAlso: ['debounce', 'sample'],
  },
  operands: [operand('[files...]')],
  options: [
    option(
      equal,
      '--key <path>',
      'records are equal if this field is, or several: .a,.b; `.` compares whole records by value',
      fieldPaths,
    ),
    option(equal, '--missing <what>', '`pass` or `drop` a record without the key; else it fails', missingKey),
    option(equal, '--changes', 'compare each record with the one before it only, as uniq does'),
    option(memory, '--ttl <duration>', 'forget a key this long after its first record (never)', duration),
    option(memory, '--state <file>', 'remember keys in this file across runs, one run at a time'),
    option(
      memory,
      '--max-keys <n>',
      'maximum number of keys; the one seen first is forgotten (1,000,000)',
      wholeNumber(1, 2e8),
    ),
  ],
  prepare({ operands, flags: options }: Invocation<DedupeFlags>) {
    const [files] = operands as [string[]]
    const { key, missing, changes, ttl, maxKeys = 1e6, state } = options
    if (key === undefined && missing !== undefined) {
      throw new UsageError('--missing needs --key: it says what to do with a record without the key')
    }
    if (changes) refuseMemory(options)
    const by = key && { key, missing }
    if (state !== undefined) {
      const kept = { path: state, ttl, maxKeys }
      return { command: 'dedupe', options, files, writes: { '--state': state }, ...prepareState(kept, by) }
    }
    return {
      command: 'dedupe',
      options,
      files,
      create: (_, context) => (changes ? createChanges({ by }, context) : createDedupe({ by, ttl, maxKeys }, context)),
    }
  },
})

const refuseMemory = ({ ttl, maxKeys, state }: DedupeFlags): void => {
  const other =
    ttl !== undefined ? '--ttl' : maxKeys !== undefined ? '--max-keys' : state !== undefined ? '--state' : undefined
  if (other !== undefined)
    throw new UsageError(`${other} cannot be used with --changes, which remembers only one record`)
}
