import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { CreateProcessor } from '../../src/core/processor.js'
import type { LastOptions } from '../../src/processors/take/last.js'
import { streamz } from './cli.js'
import fc from './fast-check.js'
import { type Arrival, drive } from './processor.js'

/** In portions, as they come from a pipe, one each millisecond. */
export const inPortions = (lines: readonly string[], size: number): readonly Arrival[] =>
  Array.from({ length: Math.ceil(lines.length / size) }, (_, at) => [at, ...lines.slice(at * size, (at + 1) * size)])

/** What is the same for both that count from the end: `take --last` and `skip --last`. */
export const testLast = (
  command: 'take' | 'skip',
  create: CreateProcessor<LastOptions>,
  wanted: {
    readonly chosen: (lines: readonly string[], count: number) => readonly string[]
    /** With N of 2, of the records 1, 2 and 3, when the run is cut before the fourth. */
    readonly outAtCut: readonly string[]
    readonly leftAtCut: number
  },
): void => {
  test(`${command} --last passes what slicing a list gives, whatever the portions`, async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(), { maxLength: 9 }), { maxLength: 12 }),
        fc.nat(30),
        async (portions, count) => {
          const arrivals = portions.map((numbers, at): Arrival => [at, ...numbers.map(String)])
          const { out, filtered, delivered, left } = await drive(
            context => create({ count, maxBytes: 1e6 }, context),
            arrivals,
          )
          const all = portions.flat().map(String)
          t.deepEqual(
            out.map(([, line]) => line),
            wanted.chosen(all, count),
          )
          t.deepEqual([delivered, filtered, left.length], [out.length, all.length - out.length, 0])
        },
      ),
    )
  })

  test(`${command} --last that is cut accounts for what it holds`, async t => {
    const { out, filtered, left } = await drive(
      context => create({ count: 2, maxBytes: 100 }, context),
      [
        [0, '1', '2'],
        [1, '3'],
        [50, '4'],
      ],
      { cutAt: 20 },
    )
    t.deepEqual(
      out.map(([, line]) => line),
      wanted.outAtCut,
    )
    t.is(left.length, wanted.leftAtCut)
    t.is(out.length + filtered + left.length, 3)
  })

  test(`${command} --last ends when it would hold too much, and tells what is left`, async t => {
    const stdin = `${'"12345678"\n'.repeat(2)}1\n${'"12345678"\n'.repeat(9)}`
    const args = [command, '--last', '5', '--max-bytes', '40', '--summary', 'summary.json']
    const { stderr, exitCode, cwd } = await streamz(t, args, { stdin })
    t.is(exitCode, 74)
    t.regex(stderr, /The last 4 records are longer than --max-bytes 40: give more, or a smaller N/)
    const summary = JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))
    const { read, delivered, filtered, undelivered } = summary
    t.deepEqual([read, undelivered, delivered + filtered], [12, 5, 7])
  })

  for (const [args, said] of [
    [[], /'count'/],
    [['--last'], /'count'/],
    [['--last', '-1'], /N/],
    [['3', '--max-bytes', '1MB'], /--max-bytes needs --last/],
    [['3', '--last', '--max-bytes', 'much'], /--max-bytes: /],
  ] as const) {
    test(`${command} ${args.join(' ')} is refused`, async t => {
      const { exitCode, stdout, stderr } = await streamz(t, [command, ...args], { stdin: '1\n' })
      t.deepEqual([exitCode, String(stdout)], [2, ''])
      t.regex(stderr, said)
    })
  }
}
