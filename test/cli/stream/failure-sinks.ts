import test from 'ava'
import type { CommonOptions } from '../../../src/cli/common-options.js'
import type { Messages } from '../../../src/cli/messages.js'
import { chooseSink } from '../../../src/cli/stream/failure-sinks.js'
import { Failure } from '../../../src/core/failure.js'
import { nobody, type Output, type Receipt } from '../../../src/core/io/output.js'
import type { Lines } from '../../../src/core/lines.js'
import type { DeadLetters } from '../../../src/stores/dead-letters/append.js'

const prepare = (options: Partial<CommonOptions>, { isTerminal = false, hasFile = false } = {}) => {
  const told = { output: '', messages: '', file: '', lost: 0 }
  let last: Receipt = nobody
  const write = (where: 'output' | 'messages') =>
    ({
      write(lines: Lines, _: number, receipt: Receipt) {
        told[where] += lines.view().toString()
        last = receipt
      },
      flush() {},
    }) as unknown as Output
  const sink = chooseSink(
    { command: 'map', options: options as CommonOptions },
    {
      messages: { output: write('messages'), isTerminal } as Messages,
      output: write('output'),
      envelope: ({ line }) => Buffer.from(`{"n":${line.number},"raw":"\u001b[31m"}\n`),
      deadLetters: hasFile
        ? ({
            append(lines: Lines) {
              told.file += lines.view().toString()
            },
            flush() {},
          } as unknown as DeadLetters)
        : undefined,
      onLost: () => told.lost++,
    },
  )
  const put = (file?: string) =>
    sink.put(
      {
        line: { bytes: Buffer.from('x\n'), number: 7, file },
        failure: new Failure('exit', 'permanent', 'two\nlines \u001b[31m'),
        attempts: undefined,
      },
      nobody,
    )
  return { told, put, receipt: () => last }
}
const record = '{"n":7,"raw":"\u001b[31m"}\n'

test('failures go to the dead-letter file, whatever else is asked for', t => {
  const { told, put } = prepare({ inline: true }, { hasFile: true })
  put()
  t.deepEqual(told, { output: '', messages: '', file: record, lost: 0 })
})

test('in place they stand among the results as they are, also on a terminal', t => {
  const { told, put } = prepare({ inline: true }, { isTerminal: true })
  put()
  t.is(told.output, record)
  t.is(told.messages, '')
})

test('whole on standard error, with nothing that a terminal could obey when it is one', t => {
  const pipe = prepare({})
  pipe.put()
  t.is(pipe.told.messages, record)
  const terminal = prepare({ failures: 'full' }, { isTerminal: true })
  terminal.put()
  t.is(terminal.told.messages, '{"n":7,"raw":"\\u001b[31m"}\n')
})

test('for people: a line with the place and the reason, or only with the kind', t => {
  const terminal = prepare({}, { isTerminal: true })
  terminal.put()
  t.is(terminal.told.messages, 'streamz map: line 7: exit: two lines \\u001b[31m\n')
  const brief = prepare({ failures: 'brief' })
  brief.put('a.ndjson')
  t.is(brief.told.messages, 'a.ndjson:7: exit\n')
})

test('when standard error takes no more the run stops: failures would vanish', t => {
  for (const failures of ['full', 'text', 'brief'] as const) {
    const { told, put, receipt } = prepare({ failures })
    put()
    receipt().delivered(1)
    t.is(told.lost, 0)
    receipt().lost(1, 7, undefined)
    t.is(told.lost, 1)
  }
})
