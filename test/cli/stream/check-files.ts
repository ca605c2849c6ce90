import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type CheckedFiles, checkFiles } from '../../../src/cli/stream/check-files.js'
import { UsageError } from '../../../src/cli/usage-error.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const written = { writes: ['--summary'], stores: ['--dlq', '--to', '--route', '--state', '--events'] } as const
const read = ['--module', '--cacert', '--cert', '--key', '--body', 'FILE'] as const
type Flag = (typeof written.writes)[number] | (typeof written.stores)[number] | (typeof read)[number]

const name = (flags: Readonly<Partial<Record<Flag, string>>>): CheckedFiles => {
  const pick = (names: readonly Flag[]) => Object.fromEntries(names.map(flag => [flag, flags[flag]]))
  return {
    files: flags.FILE === undefined ? ['-'] : [flags.FILE],
    reads: pick(read.filter(flag => flag !== 'FILE')),
    writes: pick(written.writes),
    stores: pick(written.stores),
  }
}

/** Two names of one file, and whether it is there. */
const kinds: Readonly<Record<string, (folder: string) => readonly [string, string]>> = {
  'a file that is there': folder => {
    writeFileSync(join(folder, 'x'), '')
    return ['x', 'x']
  },
  'a file that is not there yet': () => ['x', 'x'],
  'another spelling of a new file': folder => {
    mkdirSync(join(folder, 'sub'))
    return ['x', 'sub/../x']
  },
  'a link to a file': folder => {
    writeFileSync(join(folder, 'x'), '')
    symlinkSync('x', join(folder, 'y'))
    return ['x', 'y']
  },
  'a link to a file that is not there yet': folder => {
    symlinkSync('x', join(folder, 'y'))
    return ['x', 'y']
  },
  'a new file in a linked folder': folder => {
    mkdirSync(join(folder, 'sub'))
    symlinkSync('sub', join(folder, 'other'))
    return ['sub/x', 'other/x']
  },
  'two names of a file': folder => {
    writeFileSync(join(folder, 'x'), '')
    linkSync(join(folder, 'x'), join(folder, 'y'))
    return ['x', 'y']
  },
}

const outputs = [...written.writes, ...written.stores]
const pairs = outputs.flatMap((one, index) =>
  [...outputs.slice(index + 1), ...read].map(other => [one, other] as const satisfies readonly [Flag, Flag]),
)

for (const [kind, make] of Object.entries(kinds)) {
  test(`two flags never share ${kind}`, t => {
    for (const [one, other] of pairs) {
      const folder = makeFolder(t)
      const [first, second] = make(folder).map(path => join(folder, path)) as [string, string]
      // A FILE must be there.
      if (other === 'FILE' && /new|not there/.test(kind)) continue
      for (const [left, right] of [
        [first, second],
        [second, first],
      ] as const) {
        const error = t.throws(() => checkFiles(name({ [one]: left, [other]: right })), { instanceOf: UsageError })
        t.regex(error?.message ?? '', / is the same file as /, `${one} ${other}`)
      }
      const before = readdirSync(folder)
      writeFileSync(join(folder, 'z'), '')
      t.notThrows(() => checkFiles(name({ [one]: first, [other]: join(folder, 'z') })), `${one} ${other}`)
      t.deepEqual(readdirSync(folder).sort(), [...before, 'z'].sort())
    }
  })
}

test('what is kept beside a file is nobody else’s', t => {
  const folder = makeFolder(t)
  for (const flag of written.stores) {
    for (const suffix of ['.lock', '.done', '.replay.lock', '.log']) {
      const files = name({ [flag]: join(folder, 'x'), '--summary': join(folder, `x${suffix}`) })
      t.throws(() => checkFiles(files), { message: /belongs to .*x, is the same file as --summary/ })
    }
  }
  const kept = { ...name({ '--summary': join(folder, 'f.done') }), keeps: join(folder, 'f') }
  t.throws(() => checkFiles(kept), { instanceOf: UsageError })
})

test('devices and folders may be shared', t => {
  t.notThrows(() => checkFiles(name({ '--summary': '/dev/null', '--dlq': '/dev/null', FILE: '/dev/null' })))
  const folder = makeFolder(t)
  t.notThrows(() => checkFiles(name({ '--summary': folder, '--state': folder })))
})

test('the number of a file that another process replaced meanwhile, given to another file, makes no two files one', t => {
  const folder = makeFolder(t)
  const state = join(folder, 'state')
  writeFileSync(state, '')
  const old = statSync(state).ino
  let looks = 0
  const stores = {
    // What is beside the store is looked for after the store itself.
    get '--state'() {
      if (looks++ === 1) {
        writeFileSync(join(folder, 'new'), '')
        renameSync(join(folder, 'new'), state)
        writeFileSync(`${state}.log`, '')
      }
      return state
    },
  }
  t.notThrows(() => checkFiles({ files: [], reads: {}, writes: {}, stores }))
  t.log(statSync(`${state}.log`).ino === old ? 'the number was given again' : 'this disk gives no number again at once')
  t.true(existsSync(`${state}.log`))
})
