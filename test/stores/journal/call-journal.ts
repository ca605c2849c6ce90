import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { realClock } from '../../../src/core/clock.js'
import { linesOf } from '../../../src/processors/map/lines-of.js'
import { type CallJournal, openCallJournal, resultsOf } from '../../../src/stores/journal/call-journal.js'
import { StoreError } from '../../../src/stores/store-error.js'
import fc from '../../helpers/fast-check.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const wanted = { call: { COMMAND: 'a' }, input: { in: 'b' } }

const open = (path: string, warnings: string[] = []): CallJournal =>
  openCallJournal({
    path,
    clock: realClock,
    wanted,
    warn: message => void warnings.push(message),
    onError: error => {
      throw error
    },
  })

const lineOf = (number: number) => ({ bytes: Buffer.from(`{"n":${number}}\n`), number, file: 'in' })
const resultOf = (number: number) => Buffer.from(`{"result":${number},"pad":"${'é'.repeat(number % 9)}"}\n`)

const note = (journal: CallJournal, number: number, word: 'ok' | 'none' | 'failed' = 'ok') =>
  new Promise<void>(resolve => {
    const result = word === 'none' ? Buffer.alloc(0) : resultOf(number)
    journal.note({ word, line: lineOf(number), result, attempts: 1, ms: 2, id: `a",]${number}` }, resolve)
  })

const write = async (path: string, count: number): Promise<void> => {
  const journal = open(path)
  for (let number = 1; number <= count; number++) await note(journal, number)
  await journal.close()
}

const readBack = (journal: CallJournal, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, index) => {
    const found = journal.find({ number: index + 1, file: 'in' })
    return found && journal.read(found).toString()
  })

test('outcomes are found again by file and line, with their results', async t => {
  const path = join(makeFolder(t), 'j')
  await write(path, 3)
  const journal = open(path)
  t.is(journal.size, 3)
  t.deepEqual(journal.before?.call, wanted.call)
  t.deepEqual(readBack(journal, 4), [1, 2, 3].map(number => `${resultOf(number)}`).concat([undefined] as never))
  const found = journal.find({ number: 1, file: 'in' })
  t.true(found !== undefined && journal.isOf(found, lineOf(1)) && !journal.isOf(found, lineOf(2)))
  t.false(journal.has({ number: 1, file: undefined }))
  await journal.close()
  t.false(existsSync(`${path}.lock`))
})

test('a failure counts as kept when that was noted, and as replaced when the record was called again', async t => {
  const path = join(makeFolder(t), 'j')
  const first = open(path)
  await note(first, 1, 'failed')
  await note(first, 2, 'failed')
  first.mark('kept', lineOf(1))
  await first.close()
  const second = open(path)
  t.deepEqual(second.listUnkept(), [{ number: 2, file: 'in' }])
  t.deepEqual(second.listOwed(), [])
  await note(second, 1)
  await second.close()
  const third = open(path)
  t.deepEqual(third.listOwed(), [{ number: 1, file: 'in' }])
  third.mark('done', lineOf(1))
  await third.close()
  const fourth = open(path)
  t.deepEqual(fourth.listOwed(), [])
  await fourth.close()
})

test('one run at a time has a journal', async t => {
  const path = join(makeFolder(t), 'j')
  const journal = open(path)
  t.is(t.throws(() => open(path), { instanceOf: StoreError }).code, 'busy')
  await journal.close()
})

test('other files are left alone', t => {
  const path = join(makeFolder(t), 'j')
  for (const text of ['{"id":1}\n', 'hello', '{"$streamz":"journal/2"}\n', '{"$streamz":"journal/1",\n["ok"]\n']) {
    writeFileSync(path, text)
    t.throws(() => open(path), { instanceOf: StoreError }, text)
    t.is(readFileSync(path, 'utf8'), text)
  }
  writeFileSync(join(makeFolder(t), 'x'), '')
  const lonely = join(makeFolder(t), 'k')
  writeFileSync(resultsOf(lonely), 'mine\n')
  t.throws(() => open(lonely), { instanceOf: StoreError })
  t.is(readFileSync(resultsOf(lonely), 'utf8'), 'mine\n')
})

test('a journal cut at any byte keeps every whole line before it, and goes on', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'j')
  await write(path, 2)
  const bytes = readFileSync(path)
  const results = readFileSync(resultsOf(path))
  const start = bytes.indexOf('\n["ok"') + 1
  for (let size = 0; size <= bytes.length; size++) {
    writeFileSync(path, bytes.subarray(0, size))
    writeFileSync(resultsOf(path), size < start ? '' : results)
    const warnings: string[] = []
    const journal = open(path, warnings)
    const kept = bytes.subarray(start, Math.max(start, size)).toString('latin1').split('\n').length - 1
    if (size >= start) {
      t.is(journal.size, kept, `${size}`)
      t.is(warnings.length, bytes[size - 1] === 10 ? 0 : 1, `${size}`)
    }
    await note(journal, 9)
    await journal.close()
    const after = open(path, warnings)
    t.is(readBack(after, 9)[8], `${resultOf(9)}`, `${size}`)
    await after.close()
  }
})

test('results that are cut or spoilt anywhere lose their own records and no others', async t => {
  const folder = makeFolder(t)
  const path = join(folder, 'j')
  const count = 6
  await write(path, count)
  const results = readFileSync(resultsOf(path))
  const journalBytes = readFileSync(path)
  let end = 0
  const ends = Array.from({ length: count }, (_, index) => {
    end += resultOf(index + 1).length
    return end
  })
  const ownerOf = (at: number) => ends.findIndex(end => at < end)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(results.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, bits, cuts) => {
        const damaged = Buffer.from(results)
        damaged[at] = (damaged[at] as number) ^ bits
        writeFileSync(path, journalBytes)
        writeFileSync(resultsOf(path), damaged)
        if (cuts) truncateSync(resultsOf(path), at)
        const warnings: string[] = []
        const journal = open(path, warnings)
        const found = readBack(journal, count)
        await journal.close()
        t.is(warnings.length, 1)
        for (const [index, text] of found.entries()) {
          const isLost = cuts ? index >= ownerOf(at) : index === ownerOf(at)
          t.is(text, isLost ? undefined : `${resultOf(index + 1)}`, `${at} ${bits} ${cuts}`)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('a damaged line of the journal loses its record and no other', async t => {
  const path = join(makeFolder(t), 'j')
  const count = 5
  await write(path, count)
  const bytes = readFileSync(path)
  const results = readFileSync(resultsOf(path))
  const first = bytes.indexOf('\n["ok"') + 1
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: first, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, bits) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ bits
        writeFileSync(path, damaged)
        writeFileSync(resultsOf(path), results)
        const journal = open(path)
        const found = readBack(journal, count)
        await journal.close()
        const lost = found.filter(text => text === undefined).length
        // A newline that is lost makes one line of two.
        t.true(lost === 1 || (lost <= 2 && bytes[at] === 10), `${at} ${bits}: ${lost}`)
        for (const [index, text] of found.entries()) t.true(text === undefined || text === `${resultOf(index + 1)}`)
      },
    ),
    { numRuns: 100 },
  )
})

test('what another process appended is not taken for an outcome', async t => {
  const path = join(makeFolder(t), 'j')
  await write(path, 1)
  appendFileSync(path, '["ok",0,2,1,2,0,5,1,null,7]\n')
  const warnings: string[] = []
  const journal = open(path, warnings)
  t.is(journal.size, 1)
  t.is(warnings.length, 1)
  await journal.close()
})

test('a run of results has what the same lines have one by one, up to the first that is not a line', async t => {
  const kinds = ['ok', 'ok', 'ok', 'two', 'empty', 'none', 'failed', 'changed', 'missing'] as const
  const lines = linesOf(Buffer.concat(Array.from({ length: 40 }, (_, index) => lineOf(index + 1).bytes)), 1, 'in')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      async (chosen, isReversed) => {
        const journal = open(join(makeFolder(t), 'j'))
        const numbers = chosen.map((_, index) => index + 1)
        for (const number of isReversed ? numbers.toReversed() : numbers) {
          const kind = chosen[number - 1] ?? 'missing'
          if (kind === 'missing') continue
          const line = kind === 'changed' ? { ...lineOf(number), bytes: Buffer.from('0\n') } : lineOf(number)
          const one = resultOf(number)
          const result =
            kind === 'two' ? Buffer.concat([one, one]) : kind === 'empty' || kind === 'none' ? nothing : one
          const word = kind === 'none' || kind === 'failed' ? kind : 'ok'
          journal.note({ word, line, result, attempts: 1, ms: 2, id: undefined }, () => {})
        }
        await new Promise(setImmediate)
        for (let from = 0; from < chosen.length; from++) {
          const until = chosen.findIndex((kind, index) => index >= from && kind !== 'ok')
          const wantedRun = numbers.slice(from, until === -1 ? undefined : until)
          const run = journal.readRun(lines.slice(from, chosen.length))
          t.deepEqual(
            [...run].map(({ bytes, number, file }) => ({ bytes: `${bytes}`, number, file })),
            wantedRun.map(number => ({ bytes: `${resultOf(number)}`, number, file: 'in' })),
          )
        }
        t.is(journal.readRun(linesOf(Buffer.from('1\n'), 1, 'other')).length, 0)
        await journal.close()
      },
    ),
    { numRuns: 10 },
  )
})

test('outcomes that come in one turn are written together', async t => {
  const path = join(makeFolder(t), 'j')
  const journal = open(path)
  let written = 0
  for (let number = 1; number <= 2; number++) {
    // As answers come: each in a callback of its own.
    await Promise.resolve()
    process.nextTick(() => {
      journal.note(
        { word: 'ok', line: lineOf(number), result: resultOf(number), attempts: 1, ms: 2, id: undefined },
        () => void written++,
      )
    })
    await new Promise<void>(resolve => process.nextTick(resolve))
    t.is(written, 0)
  }
  await new Promise(setImmediate)
  t.is(written, 2)
  await journal.close()
})

const nothing = Buffer.alloc(0)
