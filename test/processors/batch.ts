import test from 'ava'
import { realClock } from '../../src/core/clock.js'
import { parsePath } from '../../src/core/json/path.js'
import { joinLines, type Lines } from '../../src/core/lines.js'
import type { Context } from '../../src/core/processor.js'
import { createBatch } from '../../src/processors/batch.js'
import fc from '../helpers/fast-check.js'
import { drive } from '../helpers/processor.js'

const space = fc.stringMatching(/^[ \t\r]{0,2}$/)
const element = fc.record({
  before: space,
  value: fc.jsonValue({ maxDepth: 1 }).map(it => JSON.stringify(it)),
  after: space,
})
const pushes = fc.array(fc.array(element, { minLength: 1, maxLength: 20 }))

const makeLines = (texts: readonly string[], number: number): Lines =>
  joinLines(texts.map((text, index) => ({ bytes: Buffer.from(`${text}\n`), number: number + index, file: undefined })))

test('batches hold every element byte for byte, whatever stands between them and however they came', t => {
  fc.assert(
    fc.property(pushes, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 200 }), (groups, size, bytes) => {
      const output: string[] = []
      let settled = 0
      const context = {
        emit(lines: Lines, records: number) {
          settled += records
          output.push(lines.view().toString())
        },
        reject: () => t.fail(),
        clock: realClock,
        stopping: new AbortController().signal,
      } as unknown as Context
      const batch = createBatch({ size, bytes, maxKeys: 1, envelope: false }, context)
      let number = 1
      for (const group of groups) {
        const lines = makeLines(
          group.map(({ before, value, after }) => before + value + after),
          number,
        )
        batch.push(lines)
        // Nothing of what was pushed is held.
        lines.bytes.fill(0x78)
        number += group.length
      }
      batch.end?.()
      t.is(settled, groups.flat().length)
      t.deepEqual(
        output,
        expectBatches(
          groups.flat().map(({ value }) => value),
          size,
          bytes,
        ),
      )
    }),
  )
})

test('as many keys as allowed have open batches; with one more the oldest leaves', async t => {
  const options = { size: 10, bytes: 1000, maxKeys: 2, key: parsePath('.k'), envelope: false }
  const { out } = await drive(
    context => createBatch(options, context),
    [[0, '{"k":1}', '{"k":2}', '{"k":1}'], [5, '{"k":3}'], [9]],
  )
  t.deepEqual(out, [
    [5, '[{"k":1},{"k":1}]'],
    [9, '[{"k":2}]'],
    [9, '[{"k":3}]'],
  ])
})

const expectBatches = (values: readonly string[], size: number, bytes: number): string[] => {
  const output: string[] = []
  let open: string[] = []
  const length = (elements: readonly string[]) => Buffer.byteLength(elements.join(',')) + 2
  const close = () => {
    if (open.length > 0) output.push(`[${open.join(',')}]\n`)
    open = []
  }
  for (const value of values) {
    if (open.length > 0 && length([...open, value]) > bytes) close()
    open.push(value)
    if (open.length === size) close()
  }
  close()
  return output
}
