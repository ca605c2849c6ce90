import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Chance, damage, pick, whole } from './damage.js'
import { failure, type Ran } from './dlq.js'

const program = fileURLToPath(new URL('../../../dist/streamz.cjs', import.meta.url))

/** A dead-letter file by its own name, or by links to it, which lead there before it exists. */
const makePlace = (folder: string, chance: Chance): string => {
  mkdirSync(join(folder, 'real'))
  mkdirSync(join(folder, 'links'))
  symlinkSync('../real/f.ndjson', join(folder, 'links/near'))
  symlinkSync('links/near', join(folder, 'far'))
  return pick(chance, ['real/f.ndjson', 'links/near', 'far'])
}

/** Runs streamz; with `blocks` no file may become longer than so many KiB, as on a full disk. */
const run = async (cwd: string, args: readonly string[], stdin = '', blocks?: number): Promise<Ran> => {
  const limit = blocks === undefined ? '' : `ulimit -f ${blocks};`
  const words = ['-c', `trap '' XFSZ; ${limit} exec "$@"`, 'bash', process.execPath, program, ...args]
  const child = spawn('bash', words, { cwd, timeout: 60_000, killSignal: 'SIGKILL' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', part => out.push(part))
  child.stderr.on('data', part => err.push(part))
  child.stdin.on('error', () => {}).end(stdin)
  const [code] = await once(child, 'close')
  return { code, out: Buffer.concat(out).toString('latin1'), err: Buffer.concat(err).toString('latin1') }
}

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1)
const read = (folder: string): string => readFileSync(join(folder, 'real/f.ndjson'), 'latin1')
const recordsOf = (text: string): readonly string[] =>
  linesOf(text).flatMap(line =>
    line.startsWith('{"$streamz":"error/1"') ? [JSON.stringify(JSON.parse(line).record)] : [],
  )

/** Notes what is not as it should be. */
type Check = (isRight: boolean, what: string) => void

const checkFolder = (folder: string, check: Check): void => {
  const left = readdirSync(join(folder, 'real')).filter(name => /\.tmp$|\.lock$/.test(name))
  check(left.length === 0, `left over: ${left}`)
  for (const name of ['links/near', 'far']) check(lstatSync(join(folder, name)).isSymbolicLink(), `${name} is no link`)
  check(readdirSync(join(folder, 'links')).length === 1, 'something stands beside a link')
}

const checkFull = ({ code, err }: Ran, allowed: readonly number[], what: string, check: Check): void => {
  check(allowed.includes(code ?? -1), `${what}: exit ${code}: ${err.slice(-300)}`)
  check(!err.includes('bug in streamz'), `${what}: ${err.slice(-300)}`)
  check(code !== 74 || /No space to write/.test(err), `${what} does not say what is full: ${err.slice(-300)}`)
}

/** The disk fills up at a random byte while failures are appended, replayed and compacted; then there is room again. */
export const fillDisk = async (folder: string, chance: Chance): Promise<readonly string[]> => {
  const problems: string[] = []
  const check: Check = (isRight, what) => void (isRight || problems.push(what))
  const path = makePlace(folder, chance)
  const records = Array.from({ length: whole(chance, 5, 200) }, (_, n) =>
    JSON.stringify({ n, pad: 'x'.repeat(whole(chance, 0, 2000)) }),
  )
  const size = records.reduce((sum, { length }) => sum + length + 600, 0)
  const reject = ['throttle', '--rate', '1/h', '--mode', 'reject', '--dlq', path]
  const first = await run(folder, reject, `${records.join('\n')}\n`, whole(chance, 0, (1.2 * size) / 1024))
  checkFull(first, [1, 74], 'append', check)
  const there = read(folder)
  check(there === '' || there.endsWith('\n'), 'half a line was left')
  const found = [...linesOf(first.out), ...recordsOf(there), ...recordsOf(first.err)]
  check(new Set(found).size === found.length, 'a record is in two places')
  check(first.code === 74 || found.length === records.length, 'a record is nowhere')
  check(
    records.slice(0, found.length).every(record => found.includes(record)),
    'what is nowhere is not the end of the input',
  )
  const from = /undelivered=[\d,]+ from line ([\d,]+)/.exec(first.err)?.[1]
  check(from === undefined || Number(from.replace(',', '')) === found.length + 1, `goes on from line ${from}`)

  const kept = new Set(recordsOf(there))
  const failing = 'r => { if (r.n % 3 === 0) throw new Error("no"); return r }'
  const limit = whole(chance, 0, chance() < 0.5 ? 8 : (1.5 * size) / 1024)
  const second = await run(folder, ['dlq', 'replay', path, '--js', failing], '', limit)
  checkFull(second, [0, 1, 74], 'replay', check)
  const third = await run(folder, ['dlq', 'compact', path], '', whole(chance, 0, size / 1024))
  checkFull(third, [0, 74], 'compact', check)
  checkFolder(folder, check)
  const last = await run(folder, ['dlq', 'replay', path, '--js', 'r => r'])
  check(last.code === 0, `replay with room again: exit ${last.code}: ${last.err.slice(-300)}`)
  const [once, again] = [linesOf(second.out), linesOf(last.out)]
  check(
    [...kept].every(record => once.includes(record) || again.includes(record)),
    'an entry was lost',
  )
  check(
    new Set(again).size === again.length && new Set(once).size === once.length,
    'an entry was replayed twice in a run',
  )
  check(second.code === 74 || again.every(record => !once.includes(record)), 'an entry was replayed twice, silently')
  check((await run(folder, ['dlq', 'replay', path])).out === '', 'something came back')
  return problems
}

/** Random bytes of a dead-letter file or its journal are spoilt, lost or cut off; what was not touched is as it was. */
export const spoilBytes = async (folder: string, chance: Chance): Promise<readonly string[]> => {
  const problems: string[] = []
  const check: Check = (isRight, what) => void (isRight || problems.push(what))
  const path = makePlace(folder, chance)
  const count = whole(chance, 2, 60)
  const made = Array.from({ length: count }, (_, n) => failure({ record: `{"n":${n}}` })).join('')
  await run(folder, ['dlq', '--to', path], made)
  const done = linesOf(
    (await run(folder, ['dlq', 'replay', path, '--limit', `${whole(chance, 1, count)}`, '--js', 'r => r'])).out,
  )
  const target = join(folder, 'real', pick(chance, ['f.ndjson', 'f.ndjson.done']))
  const before = readFileSync(target)
  const entries = new Map(linesOf(read(folder)).map((line, n) => [line, `{"n":${n}}`]))
  const outcomes = linesOf(readFileSync(join(folder, 'real/f.ndjson.done'), 'latin1'))
  const after = damage(before, chance)
  writeFileSync(target, after)

  // Of the end only a whole line with its newline was not touched.
  const untouched = new Set(after.toString('latin1').split('\n'))
  const isIntact = (line: string) => untouched.has(line)
  const inFile = !target.endsWith('.done')
  const intact = [...entries].filter(([line]) => !inFile || isIntact(line))
  const wasNoted = (line: string) => {
    const name = JSON.parse(line).entry
    return outcomes.some(outcome => (inFile || isIntact(outcome)) && JSON.parse(outcome).entry === name)
  }
  const replayed = await run(folder, ['dlq', 'replay', path])
  const out = linesOf(replayed.out)
  for (const [line, record] of intact) {
    const times = out.filter(one => one === record).length
    const wanted = done.includes(record) ? (wasNoted(line) ? [0] : [0, 1]) : [1]
    check(wanted.includes(times), `${record} of an untouched entry came ${times} times, not ${wanted}`)
  }
  const touched = [...entries].filter(([line, record]) => inFile && !isIntact(line) && !done.includes(record))
  const changed = out.filter(one => !intact.some(([, record]) => record === one))
  const isTold = replayed.code === 1 || /not a failure record/.test(replayed.err)
  check([0, 1].includes(replayed.code ?? -1), `replay: exit ${replayed.code}: ${replayed.err.slice(-300)}`)
  check(
    isTold || changed.length >= touched.length,
    `${touched.length} spoilt, ${changed.length} came, nothing was told`,
  )

  const compacted = await run(folder, ['dlq', 'compact', path])
  check([0, 1].includes(compacted.code ?? -1), `compact: exit ${compacted.code}: ${compacted.err.slice(-300)}`)
  const rest = new Set(read(folder).split('\n'))
  for (const [line, record] of intact) check(done.includes(record) || rest.has(line), `${record} was lost by compact`)
  const isDamaged = (line: string) => line !== '' && !isJson(line)
  const spoilt = inFile ? [...untouched].filter(isDamaged) : []
  check(
    spoilt.every(line => rest.has(line)),
    'compact has changed a damaged line',
  )
  checkFolder(folder, check)

  const added = await run(folder, ['dlq', '--to', path], failure({ record: '"added"' }))
  check(added.code === 1, `append: exit ${added.code}: ${added.err.slice(-300)}`)
  const aside = readdirSync(join(folder, 'real')).filter(name => name.includes('.torn-'))
  const all = [read(folder), ...aside.map(name => readFileSync(join(folder, 'real', name), 'latin1'))].join('\n')
  check(
    spoilt.every(line => all.includes(line)),
    'an append has lost a damaged line',
  )
  const end = linesOf((await run(folder, ['dlq', 'replay', path])).out)
  check(end.filter(line => line === '"added"').length === 1, 'what was appended to a damaged file does not come back')
  check(statSync(join(folder, 'real/f.ndjson')).isFile(), 'the file is none')
  return problems
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
