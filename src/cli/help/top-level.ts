import { join } from 'node:path'
import { Help } from 'commander'
import { listCommonOptions } from '../common-options.js'
import { createCommand } from '../create-command.js'
import type { CommandModule } from '../definition.js'
import { exitCodes } from '../exit-codes.js'
import { print } from '../printer.js'
import { UsageError } from '../usage-error.js'
import { completeWords } from './complete.js'
import { completionScript } from './completion.js'
import { listGroups } from './help.js'
import { nearest } from './nearest.js'
import { renderPage } from './page.js'
import { generated, listPages, listTopics, readPage } from './topics.js'
import { formatRow, limitWidth, wrapProse } from './wrap.js'

type Commands = Readonly<Record<string, () => CommandModule>>

declare const __VERSION__: string

/** What is said without a subcommand: help, the version, shell completion, or what was probably meant. */
export const runTopLevel = async (name: string, argv: readonly string[], commands: Commands): Promise<number> => {
  switch (name) {
    case '--version':
    case '-V':
      return print(name, `${__VERSION__}\n`)
    case '--help':
    case '-h':
      return print(name, overview(commands))
    case 'help':
      return print(name, help(argv[1], argv[2], commands))
    case 'completion':
      return print(name, completionScript(argv[1]))
    case 'complete':
      return print(name, completeWords(argv.slice(1), commands))
    case '':
      throw new UsageError(`No command is given\n\n${overview(commands)}`)
    default:
      throw new UsageError(`Unknown ${name.startsWith('-') ? 'option' : 'command'} '${name}'${suggest(name, commands)}`)
  }
}

const help = (topic: string | undefined, verb: string | undefined, commands: Commands): string => {
  if (topic === undefined) return overview(commands)
  if (topic === 'topics') return listTopics(commands, docs, limitWidth(process.stdout.columns))
  if (topic === 'exit-codes') return describeExitCodes()
  if (topic === 'options') return describeOptions()
  const find = Object.hasOwn(commands, topic) ? commands[topic] : undefined
  if (find === undefined) return showPage(topic, commands)
  const definition = find().define()
  if (verb === undefined) return createCommand(definition).helpInformation()
  const found = definition.verbs?.find(({ words }) => words.name === `${topic} ${verb}`)
  if (found === undefined) throw new UsageError(`No help for '${topic} ${verb}'\nSee: streamz help ${topic}`)
  return createCommand(found).helpInformation()
}

// Beside the program, in a checkout as in the package.
const docs = join(__dirname, '../docs')

const showPage = (topic: string, commands: Commands): string => {
  const page = readPage(docs, topic)
  if (page !== undefined) return renderPage(page, limitWidth(process.stdout.columns))
  const near = nearest(topic, [...Object.keys(commands), ...generated, ...listPages(docs)])
  throw new UsageError(
    `No help for '${topic}'${near === undefined ? '' : `: did you mean '${near}'?`}\nSee: streamz help topics`,
  )
}

const suggest = (name: string, commands: Commands): string => {
  const near = nearest(name, [...Object.keys(commands), 'help', 'completion'])
  return near === undefined ? '\nSee: streamz help' : `: did you mean '${near}'?\nSee: streamz help`
}

const overview = (commands: Commands): string => {
  const width = limitWidth(process.stdout.columns)
  const rows = Object.entries(commands).map(([name, find]) => formatRow(name, find().define().words.purpose, 12, width))
  return `${wrapProse('Unix-style filters for newline-delimited JSON: limit rates, batch, call services, keep failed records', width)}

Examples:
  # call a program for each record, two per second, and keep failed records
  streamz throttle --rate 2/s < orders.ndjson | streamz map --timeout 5s --dlq failed.ndjson -- ./enrich.sh

Usage: streamz COMMAND [OPTION...] [FILE...]

Commands:
${rows.join('\n')}

${formatRow('help COMMAND', 'examples, options and exit codes of a command', 18, width)}
${formatRow('help options', 'the options of every command', 18, width)}
${formatRow('help exit-codes', 'every exit code and what it means', 18, width)}
${formatRow('help topics', 'every page of help and of the manual', 18, width)}
${formatRow('completion SHELL', 'a completion script for bash, zsh, fish or powershell', 18, width)}
${formatRow('-V, --version', 'print the version', 18, width)}
${formatRow('-h, --help', 'print this; of a command or a verb: its page', 18, width)}

${wrapProse(
  'Records are read from standard input or the FILEs (also gzip) and written to standard output; failures go to stderr, --dlq FILE or --inline. Records that a command does not change keep their exact bytes.',
  width,
)}
`
}

const describeExitCodes = (): string => {
  const width = limitWidth(process.stdout.columns)
  const rows = Object.values(exitCodes).map(({ code, meaning }) =>
    formatRow(String(code).padStart(3), meaning, 5, width),
  )
  return `Exit codes of every command:\n${rows.join('\n')}\n`
}

const describeOptions = (): string => {
  const width = limitWidth(process.stdout.columns)
  const rows = listGroups(listCommonOptions(), new Help(), width)
  return `Options of every command that reads records:\n${rows.join('\n')}\n\n${wrapProse('Values: durations `250ms`, `5s`, `1h30m`, `2d`; sizes `500`, `64KiB` (1024), `1MB` (1000); rates `10/s`, `600/m`, `5MB/s`; field paths `.user.id`, `.items[0].sku`. More: `streamz help options.md`', width)}\n`
}
