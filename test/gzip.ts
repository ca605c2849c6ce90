import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { shell } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

const text = Array.from({ length: 3000 }, (_, index) => `{"order":${index * 7919}}\n`).join('')
const packed = gzipSync(text)

type Damage = { readonly input: Buffer; readonly exit: number; readonly told: RegExp }

/** What zcat gives away of a damaged input comes out as far as it is whole lines, then the run fails. */
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
    t.is(String(stdout), all.slice(0, all.lastIndexOf('\n') + 1))
    t.is(exitCode, exit === 0 ? 0 : 74)
    t.regex(stderr, told)
    if (exit !== 0)
      t.true(stderr.startsWith(`streamz take: Cannot read ${from === 'orders.gz' ? from : 'standard input'}: `))
  },
})

const damages: readonly Damage[] = [
  { input: Buffer.concat([packed, Buffer.from('garbage\n')]), exit: 2, told: /what begins at byte \d+ is no gzip\n$/ },
  { input: packed.subarray(0, packed.length - 8), exit: 1, told: /ends early, after byte \d+\n$/ },
  {
    input: packed.subarray(0, packed.length >> 1),
    exit: 1,
    told: /ends early, after byte \d+.*; undelivered=1 from line \d+\n$/,
  },
  {
    input: Buffer.concat([packed.subarray(0, packed.length - 8), Buffer.alloc(8, 1)]),
    exit: 1,
    told: /check sum at byte \d+ is not that of the data before it\n$/,
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
  t.deepEqual([String(stdout) === text, exitCode], [true, 74])
  t.regex(stderr, /what begins at byte \d+ is no gzip/)
})

test('who wanted no more than came before the garbage is not told of it', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'orders.gz'), Buffer.concat([packed, Buffer.from('garbage')]))
  const { stdout, stderr, exitCode } = await shell(t, 'streamz take 2 orders.gz', { cwd })
  t.deepEqual([String(stdout), stderr, exitCode], ['{"order":0}\n{"order":7919}\n', '', 0])
})
