import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { createFakeClock, realClock } from '../../../src/core/clock.js'
import { Lines } from '../../../src/core/lines.js'
import { type DeadLetterOptions, openDeadLetters } from '../../../src/stores/dead-letters/append.js'
import { tryAcquire } from '../../../src/stores/files/lock.js'
import { temporaryFile } from '../../helpers/children.js'
import { startFixture, startInShell } from '../../helpers/fixture-process.js'
import { patchFs } from '../../helpers/patch-fs.js'
import { createAccount } from '../../helpers/receipt.js'

const line = (id: string) => Lines.of(Buffer.from(`{"$streamz":"error/1","id":"${id}","raw":"r"}\n`), 1)

const open = (path: string, options: Partial<DeadLetterOptions> = {}) => {
  const told = { warnings: [] as string[], errors: [] as string[], fallback: '' }
  const letters = openDeadLetters({
    path,
    clock: realClock,
    warn: message => told.warnings.push(message),
    fallback: (lines, receipt) => {
      told.fallback += lines.view().toString()
      receipt.delivered(lines.length)
    },
    onError: error => told.errors.push(error.code),
    ...options,
  })
  return { letters, told }
}

const entriesOf = (path: string): { id: string; entry: string }[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(text => JSON.parse(text))

const idsOf = (path: string) => entriesOf(path).map(({ id }) => id)

const asideOf = (path: string) =>
  readdirSync(dirname(path))
    .filter(name => name.startsWith(`${basename(path)}.torn-`))
    .map(name => `${dirname(path)}/${name}`)

test('Lines are kept for their owner only, each with a name of its own, and are taken once synced', async t => {
  const path = temporaryFile('dead.ndjson')
  const { letters } = open(path)
  const account = createAccount()
  letters.append(line('a'), account.receipt)
  letters.append(line('a'), account.receipt)
  t.is(account.taken, 0)
  await letters.flush()
  t.is(account.taken, 0)
  t.deepEqual(idsOf(path), ['a', 'a'])
  await letters.close()
  t.is(account.taken, 2)
  t.is(statSync(path).mode & 0o777, 0o600)
  t.is(new Set(entriesOf(path).map(({ entry }) => entry)).size, 2)
  t.true(readFileSync(path, 'utf8').startsWith('{"$streamz":"error/1","entry":"'))
})

test('A line that has a name already gets a new one, and nothing else of it changes', async t => {
  const path = temporaryFile('dead.ndjson')
  const { letters } = open(path)
  const text = '{"$streamz":"error/1","entry":"old-_9","id":"x","record":{"entry":"stays","n":1.0}}\n'
  letters.append(Lines.of(Buffer.from(text), 1), createAccount().receipt)
  await letters.close()
  const kept = readFileSync(path, 'utf8')
  t.false(kept.includes('old-_9'))
  t.is(kept.replace(/"entry":"[\w-]{12}"/, '"entry":"old-_9"'), text)
})

test('They are synced a second after they were written, not only at the end', async t => {
  const clock = createFakeClock()
  const { letters } = open(temporaryFile('dead.ndjson'), { clock })
  const account = createAccount()
  letters.append(line('a'), account.receipt)
  await letters.flush()
  await clock.advance(999)
  t.is(account.taken, 0)
  await clock.advance(1)
  t.is(account.taken, 1)
  await letters.close()
  t.is(account.taken, 1)
})

test('Under a flood they are synced at once, so that memory stays bounded', async t => {
  const { letters } = open(temporaryFile('dead.ndjson'), { clock: createFakeClock() })
  const account = createAccount()
  const long = Buffer.from(`{"$streamz":"error/1","raw":"${'r'.repeat(1024 * 1024)}"}\n`)
  for (let count = 0; count < 7; count++) letters.append(Lines.of(long, 1), account.receipt)
  await letters.flush()
  t.is(account.taken, 0)
  letters.append(Lines.of(long, 1), account.receipt)
  await letters.flush()
  t.is(account.taken, 8)
  await letters.close()
})

test('Several processes append whole lines, each once', async t => {
  const path = temporaryFile('dead.ndjson')
  const names = ['a', 'b', 'c']
  const all = await Promise.all(names.map(name => startFixture('append-dead-letters', path, name, '150').finished))
  t.deepEqual(
    all.map(({ output }) => output),
    ['open\n150\n', 'open\n150\n', 'open\n150\n'],
  )
  const wanted = names.flatMap(name => Array.from({ length: 150 }, (_, index) => `${name}-${index + 1}`))
  t.deepEqual(idsOf(path).sort(), wanted.sort())
  for (const name of names) {
    const numbers = idsOf(path)
      .filter(id => id.startsWith(name))
      .map(id => Number(id.slice(2)))
    t.deepEqual(
      numbers,
      [...numbers].sort((one, other) => one - other),
      'in the order of each process',
    )
  }
})

test('A torn last line is set aside, never glued to the next', async t => {
  for (const torn of ['{"$streamz":"error/1","id":"to', 'x'.repeat(200_000)]) {
    const path = temporaryFile('dead.ndjson')
    writeFileSync(path, `{"id":"whole"}\n${torn}`)
    const { letters, told } = open(path)
    letters.append(line('next'), createAccount().receipt)
    await letters.close()
    t.deepEqual(idsOf(path), ['whole', 'next'])
    const [aside = ''] = asideOf(path)
    t.is(readFileSync(aside, 'utf8'), torn)
    t.is(statSync(aside).mode & 0o777, 0o600)
    t.is(told.warnings.length, 1)
  }
})

test('Anything but a regular file is refused', t => {
  const target = temporaryFile('target')
  writeFileSync(target, '')
  const link = temporaryFile('link')
  symlinkSync(target, link)
  const folder = temporaryFile('folder')
  mkdirSync(folder)
  const pipe = temporaryFile('pipe')
  execFileSync('mkfifo', [pipe])
  for (const path of [link, folder, pipe, '/dev/null']) t.throws(() => open(path), { code: 'foreign' }, path)
  t.throws(() => open('/nowhere/dead.ndjson'), { code: 'unwritable' })
  t.is(readFileSync(target, 'utf8'), '')
})

test('A file of others keeps its mode, an empty one becomes private', async t => {
  const path = temporaryFile('dead.ndjson')
  writeFileSync(path, '')
  chmodSync(path, 0o644)
  await open(path).letters.close()
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('A file that was replaced meanwhile is opened again; a link in its place is not followed', async t => {
  const path = temporaryFile('dead.ndjson')
  const { letters, told } = open(path)
  const account = createAccount()
  letters.append(line('one'), account.receipt)
  await letters.flush()
  renameSync(path, `${path}.old`)
  writeFileSync(path, '{"id":"compacted"}\n')
  letters.append(line('two'), account.receipt)
  await letters.flush()
  t.deepEqual(idsOf(`${path}.old`), ['one'])
  t.deepEqual(idsOf(path), ['compacted', 'two'])
  // What is left behind was synced first.
  t.is(account.taken, 1)
  renameSync(path, `${path}.older`)
  symlinkSync(`${path}.older`, path)
  letters.append(line('three'), account.receipt)
  await letters.close()
  t.deepEqual(told.errors, ['foreign'])
  t.true(told.fallback.includes('"three"'))
  t.is(account.taken, 3)
})

test.serial(
  'What was written while somebody else took the lock and compacted is written again, by the same name',
  async t => {
    const path = temporaryFile('dead.ndjson')
    writeFileSync(path, '{"id":"before"}\n')
    const { letters } = open(path)
    const account = createAccount()
    let stolen = 0
    const restore = patchFs((name, [, bytes]) => {
      if (name !== 'writeSync' || stolen > 0 || !String(bytes).includes('"id":"late"')) return
      stolen++
      // The process stood still here: somebody else has compacted meanwhile.
      unlinkSync(`${path}.lock`)
      renameSync(path, `${path}.old`)
      writeFileSync(path, '{"id":"compacted"}\n')
    })
    try {
      letters.append(line('late'), account.receipt)
      await letters.flush()
    } finally {
      restore()
    }
    await letters.close()
    t.is(stolen, 1)
    t.is(account.taken, 1)
    t.deepEqual(idsOf(path), ['compacted', 'late'])
    t.is(entriesOf(path)[1]?.entry, entriesOf(`${path}.old`)[1]?.entry)
  },
)

test.serial('Lines written while another process had the lock stay once if the file was not replaced', async t => {
  const path = temporaryFile('dead.ndjson')
  const { letters } = open(path)
  const account = createAccount()
  const restore = patchFs((name, [, bytes]) => {
    if (name === 'writeSync' && String(bytes).includes('"id":"late"')) unlinkSync(`${path}.lock`)
  })
  try {
    letters.append(line('late'), account.receipt)
    await letters.flush()
  } finally {
    restore()
  }
  await letters.close()
  t.deepEqual(idsOf(path), ['late'])
  t.is(account.taken, 1)
})

test('What a full disk does not take goes elsewhere whole, and nothing of it stays', async t => {
  const path = temporaryFile('dead.ndjson')
  appendFileSync(path, `{"id":"before"}\n`)
  // The limit holds for every file: what goes to stderr is written by somebody else.
  const line = '(ulimit -f 16; exec "$0" "$@") 2>&1 > "$2.out" | cat > "$2.err"'
  await startInShell(line, 'append-dead-letters', path, 'a', '200', '100').finished
  const kept = idsOf(path).slice(1)
  const elsewhere = readFileSync(`${path}.err`, 'utf8').split('\n').slice(0, -1)
  t.true(elsewhere.includes('full'))
  const told = elsewhere.filter(text => text !== 'full').map(text => JSON.parse(text).id)
  t.true(kept.length > 0 && told.length > 0)
  t.deepEqual(
    [...kept, ...told],
    Array.from({ length: 200 }, (_, index) => `a-${index + 1}`),
  )
  t.is(readFileSync(`${path}.out`, 'utf8'), `open\n${kept.length}\n`)
})

test('The file takes exactly as many bytes as it may have, and not one more', async t => {
  const account = createAccount()
  const fill = async (max: number | undefined) => {
    const path = temporaryFile('dead.ndjson')
    const { letters, told } = open(path, { max })
    letters.append(line('one'), account.receipt)
    await letters.flush()
    letters.append(line('two'), account.receipt)
    await letters.close()
    return { ids: idsOf(path), size: statSync(path).size, told }
  }
  const { size } = await fill(undefined)
  t.deepEqual((await fill(size)).ids, ['one', 'two'])
  const { ids, told } = await fill(size - 1)
  t.deepEqual([ids, told.errors], [['one'], ['full']])
  t.true(told.fallback.includes('"id":"two"'))
})

test('A lock that is never released does not delay the end', async t => {
  const path = temporaryFile('dead.ndjson')
  const held = tryAcquire(path)
  const { letters, told } = open(path)
  const account = createAccount()
  letters.append(line('a'), account.receipt)
  const flushed = letters.flush()
  letters.abandon()
  await flushed
  t.deepEqual(told.errors, ['busy'])
  t.true(told.fallback.includes('"a"'))
  letters.append(line('b'), account.receipt)
  await letters.close()
  t.true(told.fallback.includes('"b"'))
  t.is(account.taken, 2)
  held?.release()
})

test('Killed in the middle, the file can be read and appended to', async t => {
  const path = temporaryFile('dead.ndjson')
  const fixture = fileURLToPath(new URL('../../fixtures/append-dead-letters.js', import.meta.url))
  for (let round = 1; round <= 3; round++) {
    const child = spawn(process.execPath, [fixture, path, `r${round}`, '1000000', '3000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
      killSignal: 'SIGKILL',
    })
    await once(child.stdout, 'data')
    const start = statSync(path).size
    while (child.exitCode === null && statSync(path).size < start + round * 100_000) {
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  const { letters } = open(path)
  letters.append(line('last'), createAccount().receipt)
  await letters.close()
  const ids = idsOf(path)
  t.is(ids.at(-1), 'last')
  t.is(new Set(ids).size, ids.length)
  for (const round of [1, 2, 3]) {
    const numbers = ids.filter(id => id.startsWith(`r${round}-`)).map(id => Number(id.slice(3)))
    t.true(numbers.length > 10)
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
      'without a gap',
    )
  }
})

test.serial('the folder of a new file is synced before anything in it counts as kept, once', async t => {
  const path = temporaryFile('dead.ndjson')
  const account = createAccount()
  const synced: string[] = []
  const restore = patchFs((name, [file]) => {
    if (name === 'fsyncSync')
      synced.push(`${fstatSync(Number(file)).isDirectory() ? 'folder' : 'file'} ${account.taken}`)
  })
  try {
    const { letters } = open(path)
    letters.append(line('one'), account.receipt)
    await letters.close()
    t.deepEqual(synced, ['file 0', 'folder 0'])
    t.is(account.taken, 1)
    const { letters: again } = open(path)
    again.append(line('two'), account.receipt)
    await again.close()
    t.deepEqual(synced.slice(2), ['file 1'])
  } finally {
    restore()
  }
})
