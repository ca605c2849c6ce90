import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { realClock } from '../../../src/core/clock.js'
import { openDeadLetterFile } from '../../../src/stores/dead-letters/file.js'
import { replaceFile } from '../../../src/stores/files/replace-file.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const begin = async (t: ExecutionContext) => {
  const folder = makeFolder(t)
  const path = join(folder, 'f')
  writeFileSync(path, 'old\n')
  const file = await openDeadLetterFile(path, { maxLine: 1024 })
  t.teardown(() => file.close())
  const replacement = replaceFile(file, realClock)
  replacement.write(Buffer.from('new\n'))
  return { folder, path, replacement }
}

test('lines appended meanwhile are kept, and no temporary file remains', async t => {
  const { folder, path, replacement } = await begin(t)
  appendFileSync(path, 'meanwhile\n')
  await replacement.finish()
  t.is(readFileSync(path, 'utf8'), 'new\nmeanwhile\n')
  t.is(statSync(path).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(folder), ['f'])
})

test('a replacement that is discarded changes nothing', async t => {
  const { folder, path, replacement } = await begin(t)
  replacement.discard()
  t.is(readFileSync(path, 'utf8'), 'old\n')
  t.deepEqual(readdirSync(folder), ['f'])
})

test('a file that was replaced meanwhile stays', async t => {
  const { folder, path, replacement } = await begin(t)
  writeFileSync(`${path}.other`, 'other\n')
  renameSync(`${path}.other`, path)
  await t.throwsAsync(replacement.finish(), { code: 'busy', message: /was replaced by another file meanwhile/ })
  t.is(readFileSync(path, 'utf8'), 'other\n')
  t.deepEqual(readdirSync(folder), ['f'])
})

test('a process suspended so long that its temporary file was removed says so and can run again', async t => {
  const { folder, path, replacement } = await begin(t)
  // The lock of the end is had only once the new file is there.
  writeFileSync(`${path}.lock`, '')
  const finished = replacement.finish()
  for (const name of readdirSync(folder).filter(name => name.endsWith('.tmp'))) rmSync(join(folder, name))
  rmSync(`${path}.lock`, { force: true })
  await t.throwsAsync(finished, { code: 'busy', message: /was suspended; run again/ })
  t.is(readFileSync(path, 'utf8'), 'old\n')
})
