import { readFileSync } from 'node:fs'
import test from 'ava'
import { Failure, type FailureClass, type Kind } from '../../../src/core/failure.js'
import { failureOf, fixture, runCommand } from '../../helpers/children.js'

test('the record is on stdin and stdout is the result', async t => {
  t.deepEqual(await runCommand(['cat'], '{"a": 1.0}'), ['{"a": 1.0}\n'])
})

test('without --multi a value over several lines becomes one line with its tokens untouched', async t => {
  const lines = await runCommand([fixture('pretty-prints.sh')])
  t.deepEqual(lines, ['{  "id": 12345678901234567890,  "ratio": 1.0,  "text": "a\\nb"}\n'])
})

test('--multi takes one value a line, also none', async t => {
  t.deepEqual(await runCommand([fixture('many-lines.sh')], '{}', { multi: true }), [
    '{"n":1}\n',
    '{"n": 2}\n',
    '"three"\n',
  ])
  t.deepEqual(await runCommand(['true'], '{}', { multi: true }), [])
})

test('--raw makes a JSON string of the text', async t => {
  const print = ['printf', 'say "hi"\\n\\n']
  t.deepEqual(await runCommand(print, '{}', { raw: true }), [`${JSON.stringify('say "hi"\n')}\n`])
  t.deepEqual(await runCommand(print, '{}', { raw: true, multi: true }), ['"say \\"hi\\""\n', '""\n'])
  t.deepEqual(await runCommand(['true'], '{}', { raw: true }), ['""\n'])
})

type Expected = { kind: Kind; failureClass: FailureClass; message: RegExp }

const fails = test.macro(async (t, argv: string[], expected: Expected, options?: object) => {
  const [name = '', ...args] = argv
  const failure = await failureOf(runCommand([name.includes('.sh') ? fixture(name) : name, ...args], '{}', options))
  t.is(failure.kind, expected.kind)
  t.is(failure.failureClass, expected.failureClass)
  t.regex(failure.message, expected.message)
})
const parse = (message: RegExp): Expected => ({ kind: 'output_parse', failureClass: 'permanent', message })
const exit = (failureClass: FailureClass): Expected => ({ kind: 'exit', failureClass, message: /exited with \d+$/ })

test('empty output fails', fails, ['true'], parse(/is empty/))
test(
  'a value nested too deeply is refused',
  fails,
  ['printf', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  parse(/deeper/),
)
test('an incomplete line fails', fails, ['half-line.sh'], parse(/at byte \d+: The line ends too early/))
test('cut JSON fails', fails, ['cut-json.sh'], parse(/at byte \d+: The line ends too early/))
test('three values are not one', fails, ['many-lines.sh'], parse(/at byte 9: Unexpected text after the value; --multi/))
test(
  'two numbers on two lines are not one',
  fails,
  ['printf', '1\\n2\\n'],
  parse(/at byte 3: Unexpected text after the value/),
)
test(
  'output that is not JSON fails',
  fails,
  ['echo', 'hello'],
  parse(/is not one JSON value, at byte 1: Expected a value; .*--raw/),
)
test('a rest after the value is refused', fails, ['echo', '{} }'], parse(/at byte 4: Unexpected text after the value/))
test('a newline inside a string fails', fails, ['printf', '"a\\nb"'], parse(/is not one JSON value, at byte 3: /))
test('invalid UTF-8 is refused', fails, ['printf', '"\\377"'], parse(/not UTF-8/))
test('invalid UTF-8 is refused as text too', fails, ['printf', '\\377'], parse(/not UTF-8/), { raw: true })
test(
  'one bad line of --multi fails them all',
  fails,
  ['cut-json.sh'],
  parse(/Line 1 of the output is not one JSON value, at byte \d+: The line ends too early/),
  {
    multi: true,
  },
)
test('exit 3 in the middle is permanent', fails, ['exits-in-middle.sh'], exit('permanent'))
test('exit 1 is permanent', fails, ['exit-code.sh', '1'], exit('permanent'))
test('exit 65 blames the input', fails, ['exit-code.sh', '65'], exit('input'))
test('exit 75 is transient', fails, ['exit-code.sh', '75'], exit('transient'))
test('exit 111 is transient', fails, ['exit-code.sh', '111'], exit('transient'))
test('a foreign signal is transient', fails, ['kills-itself.sh', 'SEGV'], {
  kind: 'signal',
  failureClass: 'transient',
  message: /killed by SIGSEGV/,
})
test('a program that is not there is fatal', fails, ['/no/such/program'], {
  kind: 'spawn',
  failureClass: 'fatal',
  message: /not found/,
})
test('a folder is not executable', fails, ['/tmp'], { kind: 'spawn', failureClass: 'fatal', message: /not executable/ })

test('failures carry exit code, signal and the end of stderr', async t => {
  const exited = await failureOf(runCommand([fixture('exits-in-middle.sh')]))
  t.deepEqual(exited.facts, { exit: 3, stderr: 'cannot go on\n', output: '{"id":' })
  const killed = await failureOf(runCommand([fixture('kills-itself.sh'), 'KILL']))
  t.deepEqual(killed.facts, { signal: 'SIGKILL' })
  t.is((await failureOf(runCommand(['/no/such/program']))).facts.exit, 127)
  t.is((await failureOf(runCommand(['/tmp']))).facts.exit, 126)
})

test('a failure keeps any bytes of stderr and stdout', async t => {
  const says = (rest: string) => ['sh', '-c', `echo why >&2; ${rest}`]
  const cut = await failureOf(runCommand(says(`printf '{"a":'`)))
  t.like(cut, { kind: 'output_parse', facts: { stderr: 'why\n', output: '{"a":' } })
  const large = await failureOf(runCommand(says('yes; :'), '{}', { maxResponse: 100_000 }))
  t.is(large.kind, 'output_too_large')
  t.regex(large.facts.stderr ?? '', /^why\n/)
  t.is(large.facts.output, 'y\n'.repeat(2048))
  const controller = new AbortController()
  let said = () => {}
  const heard = new Promise<void>(resolve => {
    said = resolve
  })
  const options = { signal: controller.signal, stderr: () => said() }
  const late = failureOf(runCommand(says('printf half; exec sleep 1000'), '{}', options))
  await heard
  controller.abort(new Failure('timeout', 'transient', 'No answer'))
  t.like(await late, { kind: 'timeout', facts: { stderr: 'why\n' } })
})

test('the kept part of an output ends between two characters', async t => {
  const { facts } = await failureOf(
    runCommand(['sh', '-c', 'yes é | tr -d "\\n" | head -c 9001 | sed "s/^/x/"; exit 1']),
  )
  t.is(facts.output, `x${'é'.repeat(2047)}`)
})

test('--pass: the exit code decides, and the output is ignored', async t => {
  const large = ['sh', '-c', 'echo {; head -c 300000 /dev/zero']
  t.deepEqual(await runCommand(large, '{}', { pass: true, maxResponse: 1000 }), [])
  t.like(await failureOf(runCommand([...large.slice(0, 2), 'echo no; exit 4'], '{}', { pass: true })), {
    kind: 'exit',
    facts: { output: 'no\n' },
  })
})

test('an argument the system has no room for fails this record alone', async t => {
  const record = JSON.stringify({ a: 'x'.repeat(4 * 1024 * 1024) })
  const failure = await failureOf(runCommand(['true', '{.a}'], record))
  t.is(failure.kind, 'spawn')
  t.is(failure.failureClass, 'permanent')
})

test('an id with a NUL fails this record alone', async t => {
  const failure = await failureOf(runCommand(['cat'], '{}', { id: 'a\0b' }))
  t.is(failure.kind, 'field')
  t.is(failure.failureClass, 'input')
})

test('a command that never reads its stdin does not hold us', async t => {
  const record = JSON.stringify('x'.repeat(8 * 1024 * 1024))
  t.deepEqual(await runCommand([fixture('never-reads-stdin.sh')], record), ['{"read":false}\n'])
})

test('a large record goes through whole', async t => {
  const record = JSON.stringify('x'.repeat(8 * 1024 * 1024))
  const [line] = await runCommand(['cat'], record)
  t.true(line === `${record}\n`)
})

test('the command gets id, attempt and line in its environment', async t => {
  const options = { id: 'order-1', attempt: 3, environment: { STREAMZ_ID: 'outer' } }
  t.deepEqual(await runCommand([fixture('echo-environment.sh')], '{}', options), ['["order-1","3","7"]\n'])
})

test('--shell gives the fields to the script as its arguments', async t => {
  const argv = ['printf %s "$1" | tr a-z A-Z', '{.name}']
  const lines = await runCommand(argv, '{"name":"$(echo no); rm \'x\'"}', { shell: true, raw: true })
  t.deepEqual(lines, ['"$(ECHO NO); RM \'X\'"\n'])
})

test('what cannot be run is refused before the first record', async t => {
  await t.throwsAsync(runCommand([]), { instanceOf: RangeError, message: /No command/ })
  await t.throwsAsync(runCommand(['./{.name}']), { instanceOf: RangeError, message: /fixed one/ })
  await t.throwsAsync(runCommand(['echo {.name}'], '{}', { shell: true }), {
    instanceOf: RangeError,
    message: /use "\$1"/,
  })
})

test('a script may contain braces that are not placeholders', async t => {
  const script = `awk '{.5 + 1; print $1}' | sed 's/x/{{.Id}}/'`
  t.deepEqual(await runCommand([script], 'x', { shell: true, raw: true }), ['"{{.Id}}"\n'])
})

test('nothing is started when the run is already cancelled', async t => {
  const reason = new Failure('cancelled', 'transient', 'Cancelled')
  const running = runCommand([fixture('no-such-fixture.sh')], '{}', { signal: AbortSignal.abort(reason) })
  t.is((await failureOf(running)).kind, 'cancelled')
  t.throws(() => readFileSync(fixture('no-such-fixture.sh')))
})
