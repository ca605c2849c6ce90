import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { Output, type OutputError } from '../../../src/core/io/output.js'
import { joinLines, Lines } from '../../../src/core/lines.js'
import { temporaryFile } from '../../helpers/children.js'
import fc from '../../helpers/fast-check.js'
import { openPipe, turn } from '../../helpers/pipe.js'
import { createAccount } from '../../helpers/receipt.js'

const linux = process.platform === 'linux' ? test : test.skip

const numbered = (from: number, count: number, size: number): Lines =>
  joinLines(
    Array.from({ length: count }, (_, index) => ({
      bytes: Buffer.from(`${String(from + index).padStart(size, '0')}\n`),
      number: from + index,
      file: 'in.ndjson',
    })),
  )

const newlines = (bytes: Buffer) => bytes.toString('latin1').split('\n').length - 1

test('A pipe that is full and then drained gets every byte in order', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2000 })), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 4000, max: 100_000 }),
      async (writes, bite) => {
        const pipe = openPipe()
        const output = new Output(pipe.write)
        const account = createAccount()
        const sent: Buffer[] = []
        let number = 1
        for (const [count, size] of writes) {
          // An empty write settles a record that has no result.
          const lines = numbered(number, count, size)
          number += count
          sent.push(Buffer.from(lines.view()))
          void output.write(lines, Math.max(1, count), account.receipt)
          if (size % 3 === 0) await turn()
        }
        let flushed = false
        void Promise.resolve(output.flush()).then(() => {
          flushed = true
        })
        const received: Buffer[] = []
        do {
          await turn()
          received.push(pipe.take(bite))
        } while (!flushed || received.at(-1)?.length !== 0)
        t.true(Buffer.concat(received).equals(Buffer.concat(sent)))
        t.is(output.bytesWritten, Buffer.concat(sent).length)
        t.deepEqual([account.taken, account.lost], [writes.reduce((sum, [count]) => sum + Math.max(1, count), 0), 0])
        output.close()
        pipe.closeReader()
        closeSync(pipe.write)
      },
    ),
    { numRuns: 25 },
  )
})

test('When the reader leaves in the middle, delivered is exactly what it got whole', async t => {
  for (const bites of [0, 1, 2, 7]) {
    const pipe = openPipe()
    const errors: OutputError[] = []
    const output = new Output(pipe.write, error => errors.push(error))
    const account = createAccount()
    const held = output.write(numbered(1, 5000, 99), 5000, account.receipt)
    t.not(held, undefined)
    let got = 0
    for (let bite = 0; bite < bites; bite++) {
      got += newlines(pipe.take(30_001))
      for (let wait = 0; wait < 3; wait++) await turn()
    }
    // From here to the close nothing can be written any more.
    got += newlines(pipe.take())
    pipe.closeReader()
    await output.flush()
    t.deepEqual(
      errors.map(({ kind }) => kind),
      ['closed'],
    )
    // A last bite may have ended within a line whose end came with the next one.
    t.is(account.taken, got)
    t.is(account.lost, 5000 - got)
    t.deepEqual(account.first, { number: got + 1, file: 'in.ndjson' })
    void output.write(numbered(6000, 1, 3), 1, account.receipt)
    t.is(account.lost, 5001 - got)
    output.close()
    closeSync(pipe.write)
  }
})

test('A result without bytes in front of a full pipe loses no byte behind it', async t => {
  const pipe = openPipe()
  const output = new Output(pipe.write)
  const account = createAccount()
  // Just as much as a pipe holds: nothing waits, and nothing more fits.
  void output.write(numbered(1, 1, 65_535), 1, account.receipt)
  t.true(output.empty)
  void output.write(Lines.none, 1, account.receipt)
  void output.write(Lines.none, 1, account.receipt)
  void output.write(numbered(2, 1, 5), 1, account.receipt)
  for (let round = 0; round < 5; round++) await turn()
  t.is(account.taken, 3)
  t.is(pipe.take().length, 65_536)
  await output.flush()
  t.is(pipe.take().toString(), '00002\n')
  t.is(account.taken, 4)
  output.close()
})

test('A result that is cut is not delivered, though it holds newlines or stands for several records', async t => {
  const pipe = openPipe()
  const output = new Output(pipe.write)
  const text = createAccount()
  const several = createAccount()
  const batch = createAccount()
  // Text of `--raw-output` may hold newlines of its own.
  void output.write(Lines.of(Buffer.from('a\n'.repeat(1000)), 1), 1, text.receipt)
  void output.write(numbered(2, 2000, 49), 1, several.receipt)
  void output.write(Lines.of(Buffer.from(`[${'1,'.repeat(50_000)}1]\n`), 2), 50_001, batch.receipt)
  await turn()
  pipe.closeReader()
  await output.flush()
  t.deepEqual([text.taken, text.lost], [1, 0])
  t.deepEqual([several.taken, several.lost], [0, 1])
  t.deepEqual([batch.taken, batch.lost, batch.first?.number], [0, 50_001, 2])
  output.close()
})

test('Text with newlines of its own that is cut is not delivered', async t => {
  const pipe = openPipe()
  const output = new Output(pipe.write)
  const account = createAccount()
  void output.write(Lines.of(Buffer.from('a\n'.repeat(50_000)), 1), 1, account.receipt)
  await turn()
  pipe.closeReader()
  await output.flush()
  t.deepEqual([account.taken, account.lost], [0, 1])
  output.close()
})

test('Abandoned lines are reported as lost, without an error', async t => {
  const pipe = openPipe()
  const errors: OutputError[] = []
  const output = new Output(pipe.write, error => errors.push(error))
  const account = createAccount()
  const held = output.write(numbered(1, 2000, 99), 2000, account.receipt)
  await turn()
  output.abandon()
  await held
  const whole = newlines(pipe.take())
  t.true(whole > 0)
  t.deepEqual([account.taken, account.lost], [whole, 2000 - whole])
  t.is(account.first?.number, whole + 1)
  t.is(output.write(numbered(3000, 1, 3), 1, account.receipt), undefined)
  t.is(account.lost, 2001 - whole)
  t.deepEqual(errors, [])
  output.close()
})

test('What is drawn is wiped before the next lines', async t => {
  const pipe = openPipe()
  const output = new Output(pipe.write)
  const { receipt } = createAccount()
  const show = (text: string) => output.draw(Lines.of(Buffer.from(`<${text}`), 0), Lines.of(Buffer.from('>'), 0))
  show('1')
  show('2')
  void output.write(numbered(7, 1, 1), 1, receipt)
  void output.write(numbered(8, 1, 1), 1, receipt)
  show('3')
  output.draw(Lines.of(Buffer.from('.'), 0), Lines.none)
  void output.write(numbered(9, 1, 1), 1, receipt)
  await output.flush()
  t.is(pipe.take().toString(), '<1<2>7\n8\n<3.9\n')
  output.close()
})

linux('Non-blocking mode does not leak to those who share the pipe', async t => {
  const pipe = openPipe()
  const output = new Output(pipe.write)
  void output.write(numbered(1, 2000, 99), 2000, createAccount().receipt)
  await turn()
  const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${pipe.write}`, 'utf8'))?.[1] ?? ''
  t.is(Number.parseInt(flags, 8) & 0o4000, 0)
  output.abandon()
  output.close()
  // Its own descriptor is gone, the given one is not.
  t.true(existsSync(`/proc/self/fd/${pipe.write}`))
})

linux('A full device is an error at once', async t => {
  const errors: OutputError[] = []
  const output = new Output(openSync('/dev/full', 'w'), error => errors.push(error))
  const account = createAccount()
  void output.write(numbered(1, 3, 3), 3, account.receipt)
  await output.flush()
  t.deepEqual(
    errors.map(({ kind, error }) => [kind, error.code]),
    [['failed', 'ENOSPC']],
  )
  t.deepEqual([account.taken, account.lost, account.first?.number], [0, 3, 1])
})

const fixture = fileURLToPath(new URL('../../fixtures/write-lines.js', import.meta.url))

const runFixture = async (line: string, ...args: readonly string[]) => {
  const child = spawn('sh', ['-c', line, process.execPath, fixture, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('latin1').on('data', text => {
    stdout += text
  })
  child.stderr.on('data', text => {
    stderr += text
  })
  await once(child, 'close')
  return { stdout, stderr }
}

test('At a limit on the size of files the whole lines are delivered and the rest is lost', async t => {
  const file = temporaryFile('limited')
  const { stderr } = await runFixture(`ulimit -f 9; exec "$0" "$1" 1000 100 > ${file}`)
  const whole = newlines(readFileSync(file))
  t.true(whole > 10 && whole < 1000)
  t.deepEqual(JSON.parse(stderr), { taken: whole, lost: 1000 - whole, first: whole + 1, kind: 'failed EFBIG' })
})

test('A socket takes everything', async t => {
  // Node gives its children sockets.
  const { stdout, stderr } = await runFixture('exec "$0" "$1" 20000 100')
  t.is(stdout.length, 2_000_000)
  t.is(stdout.split('\n')[12_344]?.replace(/^0+/, ''), '12345')
  t.deepEqual(JSON.parse(stderr), { taken: 20_000, lost: 0, first: 0, kind: 'none' })
})

const hasScript = () => {
  try {
    return execFileSync('script', ['--version']).includes('util-linux')
  } catch {
    return false
  }
}

test('A terminal takes everything', async t => {
  if (!hasScript()) {
    t.log('SKIPPED: script of util-linux is not there')
    return t.pass()
  }
  const report = temporaryFile('report')
  const { stdout } = await runFixture(`script -qec "'$0' '$1' 3000 100 2> ${report}" /dev/null < /dev/null`)
  t.is(stdout.replaceAll('\r', '').length, 300_000)
  t.deepEqual(JSON.parse(readFileSync(report, 'utf8')), { taken: 3000, lost: 0, first: 0, kind: 'none' })
})
