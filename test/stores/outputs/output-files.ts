import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { createOutputFiles, type OutputFilesOptions } from '../../../src/stores/outputs/output-files.js'
import { patchFs } from '../../helpers/patch-fs.js'
import { toLines } from '../../helpers/processor.js'
import { createAccount } from '../../helpers/receipt.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const open = (options: Partial<OutputFilesOptions> = {}) => {
  const account = createAccount()
  const errors: string[] = []
  const torn: string[] = []
  const clock = createFakeClock()
  const files = createOutputFiles({
    existing: 'refuse',
    gzip: false,
    maxOpen: 256,
    clock,
    receipt: account.receipt,
    onError: (_, error) => errors.push(error.message),
    onTorn: path => torn.push(path),
    ...options,
  })
  return { files, account, errors, torn, clock }
}

test('lines are gathered, written aside, and take their name at the end', async t => {
  const path = join(makeFolder(t), 'new/a.ndjson')
  const { files, account } = open()
  const file = files.add(path)
  files.put(file, toLines(['1', '2']))
  t.is(account.taken, 0)
  t.false(existsSync(`${path}.part`))
  files.finish()
  t.is(account.taken, 2)
  t.is(readFileSync(`${path}.part`, 'utf8'), '1\n2\n')
  t.false(existsSync(path))
  t.deepEqual(await files.publish(), [])
  t.is(readFileSync(path, 'utf8'), '1\n2\n')
  t.false(existsSync(`${path}.part`))
  t.is(files.bytesWritten, 4)
})

test('lines are written to the file within a second', async t => {
  const path = join(makeFolder(t), 'a')
  const { files, clock, account } = open()
  files.put(files.add(path), toLines(['1']))
  await clock.advance(999)
  t.is(account.taken, 0)
  await clock.advance(1)
  t.is(readFileSync(`${path}.part`, 'utf8'), '1\n')
  t.is(account.taken, 1)
})

test('a file that was named and is given nothing is empty; packed, it holds nothing', async t => {
  const folder = makeFolder(t)
  const plain = open()
  plain.files.add(join(folder, 'a'))
  plain.files.finish()
  t.deepEqual(await plain.files.publish(), [])
  t.is(readFileSync(join(folder, 'a'), 'utf8'), '')
  const packed = open({ gzip: true })
  packed.files.add(join(folder, 'b.gz'))
  packed.files.finish()
  await packed.files.publish()
  t.is(gunzipSync(readFileSync(join(folder, 'b.gz'))).length, 0)
})

test('200 files with 4 open at a time hold what each was given, in order', async t => {
  const folder = makeFolder(t)
  const { files, account } = open({ maxOpen: 4 })
  const long = 'x'.repeat(3000)
  for (let round = 0; round < 8; round++) {
    for (let name = 0; name < 200; name++) {
      files.put(files.add(join(folder, String(name))), toLines([JSON.stringify(`${name} ${round} ${long}`)]))
    }
  }
  files.finish()
  t.deepEqual(await files.publish(), [])
  t.is(account.taken, 1600)
  for (const name of [0, 7, 199]) {
    const wanted = Array.from({ length: 8 }, (_, round) => `${JSON.stringify(`${name} ${round} ${long}`)}\n`).join('')
    t.is(readFileSync(join(folder, String(name)), 'utf8'), wanted)
  }
})

test('no more are open than the system allows', async t => {
  const folder = makeFolder(t)
  let now = 0
  const restore = patchFs((name, [path]) => {
    if (name === 'closeSync') now--
    if (name !== 'openSync' || !String(path).startsWith(folder) || String(path) === folder) return
    if (now === 10) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    now++
  })
  t.teardown(restore)
  const { files, account, errors } = open()
  const line = toLines([JSON.stringify('x'.repeat(20_000))])
  for (let name = 0; name < 100; name++) files.put(files.add(join(folder, String(name))), line)
  files.finish()
  t.deepEqual(errors, [])
  t.is(account.taken, 100)
})

test('a receipt given with lines is notified instead of the common one', t => {
  const path = join(makeFolder(t), 'a')
  const { files, account } = open()
  const own = createAccount()
  const file = files.add(path)
  files.put(file, toLines(['1']))
  files.put(file, toLines(['2', '3']), own.receipt)
  files.finish()
  t.deepEqual([account.taken, own.taken], [1, 2])
})

test('what must not be written fails at once, and its records are lost', t => {
  const folder = makeFolder(t)
  for (const name of ['old', 'left.part']) writeFileSync(join(folder, name), '1\n')
  symlinkSync('/etc/passwd', join(folder, 'link'))
  const { files, account, errors } = open()
  for (const name of ['old', 'left', 'link']) files.put(files.add(join(folder, name)), toLines(['1', '2'], 7))
  files.finish()
  t.is(errors.length, 3)
  t.regex(errors[0] ?? '', /old already exists; use --append, --overwrite/)
  t.regex(errors[1] ?? '', /left\.part was left by a failed run/)
  t.regex(errors[2] ?? '', /symbolic link/)
  t.like(account, { taken: 0, lost: 6, first: { number: 7 } })
  t.deepEqual(files.paths, [])
})

test('--overwrite replaces the old file at the end only, and what an earlier run has left', async t => {
  const path = join(makeFolder(t), 'a')
  writeFileSync(path, 'old\n')
  writeFileSync(`${path}.part`, 'left\n')
  const { files } = open({ existing: 'overwrite' })
  files.put(files.add(path), toLines(['1']))
  files.finish()
  t.is(readFileSync(path, 'utf8'), 'old\n')
  t.deepEqual(await files.publish(), [])
  t.is(readFileSync(path, 'utf8'), '1\n')
  t.false(existsSync(`${path}.part`))
})

for (const [name, before, wanted, isTorn] of [
  ['whole lines', '"old"\n', '"old"\n1\n', false],
  ['an object without its newline', '{"a":1}', '{"a":1}\n1\n', false],
  ['half a line', '"old"\n{"a":', '"old"\n1\n', true],
] as const) {
  for (const left of [false, true]) {
    test(`--append behind ${name}${left ? ' that an earlier run has left' : ''}`, async t => {
      const folder = makeFolder(t)
      const path = join(folder, 'a')
      writeFileSync(left ? `${path}.part` : path, before)
      const { files, torn } = open({ existing: 'append' })
      files.put(files.add(path), toLines(['1']))
      files.finish()
      if (!left) t.is(readFileSync(path, 'utf8'), before)
      t.deepEqual(await files.publish(), [])
      t.is(readFileSync(path, 'utf8'), wanted)
      t.deepEqual(torn, isTorn ? [path] : [])
      const aside = readdirSync(folder).filter(file => file.includes('.torn-'))
      t.deepEqual(
        aside.map(file => readFileSync(join(folder, file), 'utf8')),
        isTorn ? ['{"a":'] : [],
      )
    })
  }
}

test('a file that another program creates meanwhile is not replaced', async t => {
  const folder = makeFolder(t)
  for (const [existing, name] of [
    ['refuse', 'new'],
    ['append', 'old'],
  ] as const) {
    const path = join(folder, name)
    if (name === 'old') writeFileSync(path, 'before\n')
    const { files } = open({ existing })
    files.put(files.add(path), toLines(['1']))
    files.finish()
    writeFileSync(path, 'somebody else\n')
    const failed = await files.publish()
    t.is(failed.length, 1)
    t.is(readFileSync(path, 'utf8'), 'somebody else\n')
    t.true(existsSync(`${path}.part`))
  }
})

const names = ['a', 'b', 'c']
const run = async (folder: string, existing: OutputFilesOptions['existing']) => {
  const { files, account, errors } = open({ existing, maxOpen: 2 })
  const long = JSON.stringify('x'.repeat(9000))
  for (let round = 0; round < 4; round++) {
    for (const name of names) files.put(files.add(join(folder, name)), toLines([long, String(round)], 1 + 2 * round))
  }
  files.finish()
  const unpublished = await files.publish()
  return { account, errors, unpublished }
}

/** New lines in a file, or in what was written aside for it. */
const countLines = (folder: string, name: string): number => {
  const path = [join(folder, `${name}.part`), join(folder, name)].find(one => existsSync(one))
  const text = path === undefined ? '' : readFileSync(path, 'utf8')
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${path} ends in the middle of a line`)
  return text.split('\n').filter(line => line !== '' && line !== '"old"').length
}

for (const existing of ['refuse', 'append', 'overwrite'] as const) {
  test.serial(`a fault at the n-th change of the disk loses nothing that is not told, ${existing}`, async t => {
    for (let fatal = 1; ; fatal++) {
      const folder = makeFolder(t)
      if (existing !== 'refuse') for (const name of names) writeFileSync(join(folder, name), '"old"\n')
      let calls = 0
      const restore = patchFs((name, args) => {
        if (name === 'closeSync' || !(typeof args[0] === 'number' || String(args[0]).startsWith(folder))) return
        if (++calls === fatal) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      })
      const { account, errors, unpublished } = await run(folder, existing).finally(restore)
      t.is(account.taken + account.lost, 24)
      if (calls < fatal) {
        t.deepEqual([account.lost, errors, unpublished], [0, [], []])
        t.true(fatal > 10)
        return
      }
      const there = names.reduce((sum, name) => sum + countLines(folder, name), 0)
      t.is(there, account.taken, `fault ${fatal}`)
      // Where there are no links a file is renamed.
      const isPublished = names.every(name => !existsSync(join(folder, `${name}.part`)))
      t.true(errors.length + unpublished.length > 0 || (there === 24 && isPublished), `fault ${fatal} is told`)
    }
  })
}
