import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { shell } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

const text = Array.from({ length: 3000 }, (_, index) => `{"order":${index * 7919}}\n`).join('')
const packed = gzipSync(text)

type Damage = { readonly input: Buffer; readonly exit: number; readonly told: RegExp }

/** What zcat gives away of a damaged input comes out as whole lines, but for the last chunk of zlib; then the run fails. */
const damaged = test.macro({
  title: (_, { told }: Damage, from: string) => `gzip from ${from}: ${told.source}`,
  async exec(t, { input, exit, told }: Damage, from: string) {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'orders.gz'), input)
    const shown = await shell(t, 'zcat <orders.gz', { cwd })
    const { stdout, stderr, exitCode } = await shell(t, `streamz take 100000 ${from}`, { cwd })
    t.true(shown.exitCode === exit || exit === 0)
    const all = String(shown.stdout)
    t.true(all.length > text.length / 3)
    const out = String(stdout)
    t.true(all.startsWith(out) && (out === '' || out.endsWith('\n')))
    t.true(all.lastIndexOf('\n') + 1 - out.length < (exit === 0 ? 1 : 16 * 1024 + 30))
    t.is(exitCode, exit === 0 ? 0 : 74)
    t.regex(stderr, told)
    if (exit !== 0)
      t.true(stderr.startsWith(`streamz take: Cannot read ${from === 'orders.gz' ? from : 'standard input'}: `))
  },
})

const damages: readonly Damage[] = [
  {
    input: Buffer.concat([packed, Buffer.from('garbage\n')]),
    exit: 2,
    told: /damaged after byte \d+ \(incorrect header check\)[^\n]*\n$/,
  },
  { input: packed.subarray(0, packed.length - 8), exit: 1, told: /ends early, after byte \d+\n$/ },
  {
    input: packed.subarray(0, packed.length >> 1),
    exit: 1,
    told: /ends early, after byte \d+.*; undelivered=1 from line \d+\n$/,
  },
  {
    input: Buffer.concat([packed.subarray(0, packed.length - 8), Buffer.alloc(8, 1)]),
    exit: 1,
    told: /damaged after byte \d+ \(incorrect data check\)[^\n]*\n$/,
  },
  { input: Buffer.concat([packed, packed, Buffer.alloc(1000)]), exit: 0, told: /^$/ },
]
for (const damage of damages) {
  for (const from of ['orders.gz', '< orders.gz', '- < orders.gz']) test(damaged, damage, from)
}

test('garbage behind gzip out of a pipe that stays open ends the run at once', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'orders.gz'), Buffer.concat([packed, Buffer.from('garbage')]))
  const script = 'mkfifo open; streamz take 100000 < open & exec 3> open; cat orders.gz >&3; wait $!'
  const { stdout, stderr, exitCode } = await shell(t, script, { cwd })
  t.deepEqual(
    [text.startsWith(String(stdout)), stdout.length > text.length - 16 * 1024 - 30, exitCode],
    [true, true, 74],
  )
  t.regex(stderr, /damaged after byte \d+ \(incorrect header check\)/)
})

test('garbage after the last needed record is not reported', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'orders.gz'), Buffer.concat([packed, Buffer.from('garbage')]))
  const { stdout, stderr, exitCode } = await shell(t, 'streamz take 2 orders.gz', { cwd })
  t.deepEqual([String(stdout), stderr, exitCode], ['{"order":0}\n{"order":7919}\n', '', 0])
})
