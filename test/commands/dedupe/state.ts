import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createRandom } from '../../../src/core/rules/random.js'
import { readSummary } from '../../helpers/account.js'
import { shell, start, streamz } from '../../helpers/cli.js'
import { killDedupes } from '../../helpers/kill-dedupes.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const withState = ['dedupe', '--key', '.k', '--state', 'seen.keys']

test('dedupe --state drops what an earlier run has passed', async t => {
  const cwd = makeFolder(t)
  const first = await streamz(t, withState, { cwd, stdin: '{"k":1}\n{"k":2}\n{"k":1}\n' })
  const second = await streamz(t, withState, { cwd, stdin: '{"k":3}\n{"k":2.0,"n":1}\n{"k":3}\n' })
  t.deepEqual([String(first.stdout), String(second.stdout)], ['{"k":1}\n{"k":2}\n', '{"k":3}\n'])
  t.is(statSync(join(cwd, 'seen.keys')).mode & 0o777, 0o600)
  // Nothing of the keys stands in the file, and each file has a secret of its own.
  const other = makeFolder(t)
  await streamz(t, withState, { cwd: other, stdin: '{"k":1}\n' })
  const header = (folder: string) => readFileSync(join(folder, 'seen.keys')).subarray(0, 96).toString()
  t.not(header(cwd), header(other))
})

test('a record without a key passes and leaves nothing in the file', async t => {
  const cwd = makeFolder(t)
  const stdin = '{}\n{"k":1}\n{}\n{"k":2}\n'
  const args = [...withState, '--missing', 'pass']
  t.is(String((await streamz(t, args, { cwd, stdin })).stdout), stdin)
  t.is(statSync(join(cwd, 'seen.keys')).size, 96 + 2 * 24)
  t.is(String((await streamz(t, args, { cwd, stdin })).stdout), '{}\n{}\n')
})

test('a torn last entry is cut off, and what is appended later is whole', async t => {
  const cwd = makeFolder(t)
  await streamz(t, withState, { cwd, stdin: '{"k":1}\n' })
  for (const [key, size] of [
    [2, 2],
    [3, 3],
  ]) {
    appendFileSync(join(cwd, 'seen.keys'), Buffer.alloc(10, 7))
    const { stdout, stderr } = await streamz(t, withState, { cwd, stdin: `{"k":1}\n{"k":${key}}\n` })
    t.deepEqual([String(stdout), stderr], [`{"k":${key}}\n`, ''])
    t.is(statSync(join(cwd, 'seen.keys')).size, 96 + 24 * (size as number))
  }
})

test('damaged entries are reported and ignored, the others count', async t => {
  const cwd = makeFolder(t)
  const path = join(cwd, 'seen.keys')
  const stdin = '{"k":1}\n{"k":2}\n{"k":3}\n'
  await streamz(t, withState, { cwd, stdin })
  const bytes = readFileSync(path)
  bytes.fill(0, 96 + 24, 96 + 48)
  writeFileSync(path, bytes)
  const { stdout, stderr } = await streamz(t, withState, { cwd, stdin })
  t.is(String(stdout), '{"k":2}\n')
  t.regex(stderr, /1 damaged entries of seen\.keys are left out/)
})

test('an empty file is taken, any other is refused and left alone', async t => {
  const cwd = makeFolder(t)
  const path = join(cwd, 'seen.keys')
  writeFileSync(path, '')
  t.is((await streamz(t, withState, { cwd, stdin: '{"k":1}\n' })).exitCode, 0)
  t.is(String((await streamz(t, withState, { cwd, stdin: '{"k":1}\n' })).stdout), '')
  for (const text of ['{"id":1}\n', '{"$streamz":"seen/2","secret":"x"}\n', 'x'.repeat(200)]) {
    writeFileSync(path, text)
    const { exitCode, stdout, stderr } = await streamz(t, withState, { cwd, stdin: '{"k":1}\n' })
    t.deepEqual([exitCode, String(stdout), readFileSync(path, 'utf8')], [74, '', text])
    t.regex(stderr, text.includes('seen/2') ? /newer streamz/ : /not a file of dedupe --state/)
  }
})

test('a second process fails because the file is in use', async t => {
  const { child, finished, cwd } = start(t, withState)
  child.stdin.write('{"k":1}\n')
  await new Promise(seen => child.stdout.once('data', seen))
  const second = await streamz(t, withState, { cwd, stdin: '{"k":2}\n' })
  t.deepEqual([second.exitCode, String(second.stdout)], [75, ''])
  t.regex(second.stderr, /seen\.keys is in use by process \d+/)
  child.stdin.end()
  t.is((await finished).exitCode, 0)
  t.is((await streamz(t, withState, { cwd, stdin: '{"k":2}\n' })).exitCode, 0)
})

test('a record that the reader did not take passes again, one that it took does not', async t => {
  const script = [
    'seq 1 50000 >in',
    'streamz dedupe --state seen.keys --summary summary.json <in | head -1 >/dev/null',
    'streamz dedupe --state seen.keys <in | wc -l',
  ]
  const { stdout, cwd } = await shell(t, script.join('\n'))
  const { delivered, undelivered } = readSummary(cwd)
  t.true(undelivered > 0)
  t.is(Number(stdout), 50_000 - delivered)
})

test('when the disk is full the run ends, and nothing is swallowed', async t => {
  const script = [
    'seq 1 50000 >in',
    '(ulimit -f 8; exec streamz dedupe --state seen.keys <in 2>err) | cat >first',
    'grep -c "Cannot remember what was seen: No space" err',
    'streamz dedupe --state seen.keys <in >second',
    'cat first second | sort -un | cksum',
    'sort -n in | cksum',
  ]
  const { stdout } = await shell(t, script.join('\n'))
  const [told, found, wanted] = String(stdout).split('\n')
  t.is(told, '1')
  t.is(found, wanted)
})

test('kill -9 at random moments swallows nothing, and at most one write comes again', async t => {
  const { kills, problems } = await killDedupes(makeFolder(t), {
    rounds: 3,
    keys: 6000,
    kills: 2,
    random: createRandom(1),
  })
  t.deepEqual(problems, [])
  t.true(kills >= 3, `${kills} kills`)
})
