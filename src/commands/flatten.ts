import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { choice } from '../cli/values/choice.js'
import { fieldPath } from '../cli/values/field-path.js'
import { missingKey } from '../cli/values/missing-key.js'
import type { Path } from '../core/json/path.js'
import { createFlatten } from '../processors/flatten.js'

type FlattenFlags = CommonOptions & {
  readonly keep?: true
  readonly empty?: 'drop' | 'pass'
  readonly missing?: 'pass' | 'drop'
}

const form = 'What leaves'

export const define = (): Definition => ({
  words: {
    name: 'flatten',
    purpose: 'Make a record of each element of an array in a record, byte for byte',
    usage: 'PATH [OPTION...] [FILE...]',
    examples: [
      {
        note: 'the items of each order',
        run: `echo '{"order":7,"items":[{"sku":"a"},{"sku":"b"}]}' | streamz flatten .items`,
      },
      {
        note: 'each item in its order, in the place of the array',
        run: `echo '{"order":7,"items":[{"sku":"a"},{"sku":"b"}]}' | streamz flatten .items --keep`,
      },
      {
        note: 'orders without items pass as they are',
        run: `echo '{"order":8,"items":[]}' | streamz flatten .items --keep --empty pass --missing pass`,
      },
    ],
    notes:
      'A record whose array is empty is counted as filtered. One with something else than an array there is a failure, and so is\none without the field, or with null there, unless --missing says otherwise.',
    seeAlso: ['unbatch', 'batch'],
  },
  operands: [operand('<path>', 'where the array is', fieldPath), operand('[files...]')],
  options: [
    option(form, '--keep', 'the other fields beside it: the element stands where the array was'),
    option(
      form,
      '--empty <what>',
      '`drop` a record whose array is empty (default), or `pass` it',
      choice(['drop', 'pass']),
    ),
    option(
      form,
      '--missing <what>',
      '`pass` a record without the field or with null there, or `drop` it; else it fails',
      missingKey,
    ),
  ],
  prepare({ operands, flags: options }: Invocation<FlattenFlags>) {
    const [path, files] = operands as [Path, string[]]
    const { keep, empty, missing } = options
    return {
      command: 'flatten',
      options,
      files,
      create: (_, context) => createFlatten({ path, keep: keep === true, empty, missing }, context),
    }
  },
})
