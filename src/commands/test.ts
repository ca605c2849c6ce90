import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { exitCodes } from '../cli/exit-codes.js'
import { escapeControls } from '../cli/messages.js'
import { option } from '../cli/option.js'
import { createPrinter } from '../cli/printer.js'
import { UsageError } from '../cli/usage-error.js'
import { toJunit } from '../pipelines/testing/junit.js'
import { runSuite, type TestResult } from '../pipelines/testing/run-suite.js'
import { explainWrite } from '../stores/store-error.js'

type TestFlags = { readonly junit?: string; readonly update?: true }

export const define = (): Definition => ({
  words: {
    name: 'test',
    purpose: 'Test job files with given input and answers, on a clock of their own',
    usage: 'FILE... [--junit FILE] [--update]',
    examples: [
      { note: 'every test of the file, in no time', run: 'streamz test job.test.yaml' },
      { note: 'with a report for CI', run: 'streamz test job.test.yaml --junit report.xml' },
      { note: 'expect the output that it has now', run: 'streamz test job.test.yaml --update' },
    ],
    notes:
      'FILE is YAML: the job and its tests, each with input, calls (the answers and failures of steps, by name) and expect (output,\noutputs of branches, failures, exit, calls, state, elapsed). No program is started, no connection opened and no file of the\njob written. Waits take no time. A call without an answer, an answer that is not used and a step that no test reaches are\nfailures. Exit 1 if a test fails, 2 if a file has a mistake.',
    seeAlso: ['run', 'lint', 'explain'],
  },
  operands: [operand('[files...]', 'test files')],
  common: 'none',
  options: [
    option('Report', '--junit <file>', 'write the results as JUnit XML'),
    option('Expectations', '--update', 'replace the expected output in FILE by the real output'),
  ],
  prepare({ operands, flags, commands = {} }: Invocation<TestFlags>) {
    const [files] = operands as [string[]]
    if (files.length === 0) throw new UsageError('No FILE was given; example: streamz test job.test.yaml')
    const report = flags.junit === undefined ? undefined : resolve(flags.junit)
    return async () => {
      const printer = createPrinter('test')
      const folder = process.cwd()
      const suites = new Map<string, readonly TestResult[]>()
      let hasMistakes = false
      for (const file of files) {
        try {
          const results = await runSuite(file, commands, { update: flags.update === true })
          suites.set(file, results)
          if (files.length > 1) printer.print(`${file}:\n`)
          for (const result of results) printer.print(describe(result))
        } catch (error) {
          if (!(error instanceof UsageError)) throw error
          printer.messages.error(error.message)
          hasMistakes = true
        } finally {
          process.chdir(folder)
        }
      }
      const all = [...suites.values()].flat()
      const failed = all.filter(({ problems }) => problems.length > 0).length
      printer.print(`${all.length} ${all.length === 1 ? 'test' : 'tests'}, ${failed} failed\n`)
      if (report !== undefined) writeReport(report, toJunit(suites))
      const code = hasMistakes ? exitCodes.usage : failed > 0 ? exitCodes.failures : exitCodes.ok
      return printer.end(code.code)
    }
  },
})

const describe = ({ name, problems, isUpdated, said }: TestResult): string => {
  const note = isUpdated ? ' (output updated)' : ''
  if (problems.length === 0) return `ok    ${escapeControls(name)}${note}\n`
  const words = [...problems, ...said.map(text => `it said: ${text}`)]
  return `FAIL  ${escapeControls(name)}${note}\n${words.map(text => `      ${escapeControls(text)}\n`).join('')}`
}

const writeReport = (path: string, text: string): void => {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw explainWrite(error, path)
  }
}
