import { Failure } from '../core/failure.js'
import { joinWaits } from '../core/join-waits.js'
import type { KeyReader, MissingKey } from '../core/json/key-reader.js'
import type { Path } from '../core/json/path.js'
import { readString } from '../core/json/read-string.js'
import type { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'
import { fnv1a64Modulo } from '../core/tables/fnv.js'
import { createKeyTable } from '../core/tables/key-table.js'
import { createKeyOf } from './partition/read-keys.js'

/** The files of the parts, numbered in the order they were added. */
export type PartFiles = {
  put(file: number, lines: Lines): void
  finish(): void
}

export type PartitionOptions = {
  readonly files: PartFiles
  readonly key: readonly Path[]
  readonly missing?: MissingKey | undefined
} & (
  | {
      /** So many parts, in the files of these numbers; by the hash of the key, or in turn without paths. */
      readonly parts: number
    }
  | {
      /** A file per key, so many at most; `add` gives the number of one for a key, by its text and its canonical bytes. */
      readonly maxKeys: number
      readonly add: (text: string, canonical: Buffer) => number
    }
)

/**
 * Writes records to files by their key, or in turn. With a key, rejects a line that is not valid JSON as `parse`, a record
 * without the key as `field` unless `missing` says otherwise, and a record with a key beyond `maxKeys` as `unmatched`.
 */
export const createPartition: CreateProcessor<PartitionOptions> = (options, context) => {
  const { files, key, missing } = options
  const { emit, stopping } = context
  const keys = key.length === 0 ? undefined : createKeyOf(key, missing, context)
  const choose = 'parts' in options ? createHashChoice(options.parts) : createKeyChoice(options)
  let turn = -1

  /** The number of a file, `onward` or `gone`. */
  const place = (lines: Lines, index: number): number => {
    if (keys === undefined) {
      turn = (turn + 1) % (options as { readonly parts: number }).parts
      return turn
    }
    const read = keys.read(lines, index)
    if (read !== 'key') return read === 'pass' ? onward : gone
    const file = choose(keys.reader)
    if (file !== tooMany) return file
    const { maxKeys } = options as { readonly maxKeys: number }
    const message = `Line ${lines.number + index} has a key beyond the ${maxKeys} of --max-keys`
    context.reject(lines.at(index), new Failure('unmatched', 'input', message))
    return gone
  }

  return {
    holdsNothing: true,
    push(lines) {
      let held = undefined as void | Promise<void>
      let from = 0
      let before = gone
      const hand = (until: number) => {
        if (before === onward) held = joinWaits(held, emit(lines.slice(from, until)))
        else if (before !== gone) files.put(before, lines.slice(from, until))
      }
      for (let index = 0; index < lines.length; index++) {
        const next = place(lines, index)
        if (next !== before) {
          if (from < index) hand(index)
          from = index
          before = next
        } else if (next !== gone) continue
        if (!stopping.aborted) continue
        // An output failed, or too many records did. Records that were rejected or written are settled; the rest is given back.
        hand(index + 1)
        context.giveBack(lines.slice(index + 1))
        return held
      }
      hand(lines.length)
      return held
    },
    end: () => files.finish(),
  }
}

const onward = -1
const gone = -2
const tooMany = -3

const createHashChoice =
  (parts: number) =>
  ({ bytes, start, end }: KeyReader): number =>
    fnv1a64Modulo(bytes, start, end, parts)

type ByKey = Extract<PartitionOptions, { readonly maxKeys: number }>

const createKeyChoice = ({ maxKeys, add }: ByKey) => {
  const keys = createKeyTable({ max: maxKeys })
  const files: number[] = []
  return ({ bytes, start, end }: KeyReader): number => {
    const known = keys.find(bytes, start, end)
    if (known !== -1) return files[known] as number
    if (keys.size >= maxKeys) return tooMany
    const slot = ~keys.use(bytes, start, end)
    const canonical = Buffer.from(bytes.subarray(start, end))
    const text = readString(bytes, start, end) ?? canonical.toString()
    const file = add(text, canonical)
    files[slot] = file
    return file
  }
}
