import type { Command, Help } from 'commander'
import { type ExitName, exitCodes } from '../exit-codes.js'
import type { Words } from './words.js'

/** Examples first: people read help to find a line to start from. */
export const formatHelp = (described: Words, command: Command, helper: Help): string => {
  const width = limitWidth(helper.helpWidth)
  return [
    wrap(described.purpose, width),
    '',
    'Examples:',
    ...described.examples.flatMap(({ run, note }) => [
      wrap(note, width, '  # '),
      ...run.split('\n').map(line => `  ${line}`),
    ]),
    '',
    ...listUsage(described, width),
    ...(described.notes === undefined ? [] : ['', wrapProse(described.notes, width)]),
    ...listVerbs(command, width),
    ...listOptions(command, helper, width),
    '',
    'Exit codes (all: streamz help exit-codes):',
    ...listExitCodes(described, command, width),
    '',
    wrap(`See also: ${described.seeAlso.map(name => `streamz help ${name}`).join(', ')}`, width),
    '',
  ].join('\n')
}

/** Columns of help: those of the terminal, else 80; never fewer than 40. */
export const limitWidth = (columns: number | undefined): number => Math.max(columns ?? 80, 40)

/** Paragraphs and numbered items, each put into lines of at most `width`; where the lines were broken is no matter. */
export const wrapProse = (text: string, width: number): string =>
  text
    .split('\n\n')
    .map(part =>
      part
        .split(/\n(?=\s*\d+\. )/)
        .map(item => {
          const head = /^\s*(\d+\. )?/.exec(item)?.[0] ?? ''
          return wrap(item.slice(head.length).replace(/\n\s*/g, ' '), Math.min(width, 120), head)
        })
        .join('\n'),
    )
    .join('\n\n')

/** A term and, beginning at `column`, what it means. */
export const formatRow = (term: string, description: string, column: number, width: number): string => {
  const indent = ' '.repeat(column + 2)
  if (term.length + 1 > column) return `  ${term}\n${wrap(description, width, indent)}`
  return wrap(description, width, `  ${term.padEnd(column)}`)
}

/** Lines of at most `width`: the first begins with `head`, the others with as much white space, or with its `#`. */
const wrap = (text: string, width: number, head = ''): string => {
  const indent = head.endsWith('# ') ? head : ' '.repeat(head.length)
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    if (line === undefined) line = word
    else if (indent.length + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = `${line} ${word}`
  }
  return [...lines, line ?? ''].map((one, index) => (index === 0 ? head : indent) + one).join('\n')
}

const listUsage = ({ name, usage }: Words, width: number): readonly string[] =>
  usage
    .split('\n')
    .map((line, index) =>
      wrap(index === 0 ? `streamz ${name} ${line}` : line.trim(), width, index === 0 ? 'Usage: ' : '       '),
    )

const listVerbs = ({ commands }: Command, width: number): readonly string[] => {
  if (commands.length === 0) return []
  const rows = commands.map(verb => formatRow(`${verb.name()} ${verb.usage()}`, verb.description(), 28, width))
  return ['', 'Verbs (each has a --help of its own):', ...rows]
}

const listOptions = (command: Command, helper: Help, width: number): readonly string[] => {
  const options = helper.visibleOptions(command)
  const column = Math.min(30, Math.max(...options.map(shown => helper.optionTerm(shown).length)) + 2)
  const groups = new Map<string, string[]>()
  for (const shown of options) {
    const group = shown.helpGroupHeading ?? 'Other'
    const row = formatRow(helper.optionTerm(shown), shown.description, column, width)
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  return [...groups].flatMap(([group, rows]) => ['', `${group}:`, ...rows])
}

// What an option brings with it.
const ofOptions: Readonly<Record<string, readonly ExitName[]>> = {
  '--max-fail': ['maxFail'],
  '--dlq': ['temporary'],
  '--deadline': ['deadline', 'hungUp', 'interrupted', 'quit', 'terminated'],
}

const listExitCodes = ({ exit = [] }: Words, { options }: Command, width: number): readonly string[] => {
  const known = options.flatMap(({ long }) => ofOptions[long ?? ''] ?? [])
  const names = new Set<ExitName>(['ok', 'failures', 'usage', 'io', 'closed', ...exit, ...known])
  return [...names]
    .map(name => exitCodes[name])
    .toSorted((one, other) => one.code - other.code)
    .map(({ code, meaning }) => formatRow(String(code).padStart(3), meaning, 5, width))
}
