import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, symlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { temporaryFile } from '../../helpers/children.js'

const linux = process.platform === 'linux' ? test : test.skip

/** Runs a line of shell in which `$S` is streamz. */
const shell = async (line: string) => {
  const S = `${process.execPath} ${resolve('dist/streamz.cjs')}`
  const child = spawn('sh', ['-c', line], {
    env: { ...process.env, S },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', text => {
    stdout += text
  })
  child.stderr.on('data', text => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

test('Another reader of the pipe continues after take', async t => {
  const { stdout, stderr } = await shell('(echo 1; sleep 1; echo 2) | ($S take 1; cat)')
  t.is(stdout, '1\n2\n')
  t.is(stderr, '')
})

// The pipe is held open by a shell that never reads it.
const neverRead = async (options: string) => {
  const pipe = temporaryFile('pipe')
  const report = temporaryFile('report')
  const line = `mkfifo ${pipe}; exec 5<>${pipe}; yes '{"a":1}' | { $S skip 1 --drain 200ms ${options} > ${pipe} 5>&-; echo $? > ${report}; }`
  const { stderr } = await shell(line)
  return { stderr, code: readFileSync(report, 'utf8') }
}

linux('A reader that never reads cannot hold the end; what it did not take is told', async t => {
  const { stderr, code } = await neverRead('--deadline 500ms')
  t.is(code, '124\n')
  const [, undelivered, from] = /deadline was reached; undelivered=(\d+) from line (\d+)\n$/.exec(stderr) ?? []
  t.true(Number(undelivered) > 0)
  // A pipe holds 64 KiB: 8 bytes a line.
  t.is(Number(from), 65_536 / 8 + 2)
})

linux('A run stops when stderr can keep its failures no more', async t => {
  const report = temporaryFile('report')
  await shell(`yes bad | { $S batch --size 2 2> /dev/full; echo $? > ${report}; }`)
  t.is(readFileSync(report, 'utf8'), '74\n')
})

test('A dead-letter file that cannot be created is not reported as a bug', async t => {
  const loop = temporaryFile('loop')
  symlinkSync(loop, loop)
  for (const path of [loop, `/tmp/${'x'.repeat(300)}`, '/tmp', '/nowhere/x']) {
    const { code, stderr } = await shell(`echo 1 | $S take 1 --dlq ${path}`)
    t.is(code, 74)
    t.regex(stderr, /^streamz take: .*(link|too long|folder)/)
    t.false(stderr.includes('bug'))
  }
})

test('The summary counts the bytes of all inputs', async t => {
  const one = temporaryFile('one')
  const { stderr } = await shell(`echo 1 > ${one}; echo 23 | $S take 9 ${one} - ${one} --summary - > /dev/null`)
  t.like(JSON.parse(stderr), { bytes_in: 7, bytes_out: 7, read: 3, delivered: 3 })
})
