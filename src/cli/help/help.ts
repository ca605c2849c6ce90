import type { Command, Help, Option } from 'commander'
import { type ExitName, exitCodes } from '../exit-codes.js'
import type { Words } from './words.js'
import { formatRow, limitWidth, wrap, wrapCode, wrapProse } from './wrap.js'

/** Examples first: people read help to find a line to start from. The options of every command come last, a line each. */
export const formatHelp = (described: Words, own: readonly Option[], command: Command, helper: Help): string => {
  const width = limitWidth(helper.helpWidth)
  const options = helper.visibleOptions(command)
  const others = options.filter(option => !own.includes(option))
  return [
    wrap(described.purpose, width),
    '',
    'Examples:',
    ...described.examples.flatMap(({ run, note }) => [
      wrap(note, width, '  # '),
      ...run.split('\n').flatMap(line => wrapCode(line, helper.helpWidth, '  ')),
    ]),
    '',
    ...listUsage(described, width),
    ...(described.notes === undefined ? [] : ['', wrapProse(described.notes, width)]),
    ...listVerbs(command, width),
    ...listGroups(
      options.filter(option => own.includes(option)),
      helper,
      width,
    ),
    ...listCommon(others, helper, width),
    ...listExitCodes(described, width),
    '',
    wrap(
      `See also: ${[...described.seeAlso, 'topics'].map(name => `\`streamz help ${name}\``).join(', ')}`,
      width,
    ).replaceAll('`', ''),
    '',
  ].join('\n')
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

/** Options in their groups, each with all that is said about it. */
export const listGroups = (options: readonly Option[], helper: Help, width: number): readonly string[] => {
  const column = Math.min(30, Math.max(...options.map(shown => helper.optionTerm(shown).length)) + 2)
  const groups = new Map<string, string[]>()
  for (const shown of options) {
    const group = shown.helpGroupHeading ?? 'Other'
    const row = formatRow(helper.optionTerm(shown), shown.description, column, width)
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  return [...groups].flatMap(([group, rows]) => ['', `${group}:`, ...rows])
}

/** The options of every command: a line each, cut at the first semicolon, or where the line is full. */
const listCommon = (options: readonly Option[], helper: Help, width: number): readonly string[] => {
  const [only] = options
  if (only === undefined) return []
  if (options.length === 1) return ['', `  ${helper.optionTerm(only)}  ${only.description}`]
  const column = Math.max(...options.map(shown => helper.optionTerm(shown).length)) + 2
  // The opposite of another one, and what was just used, need no line.
  const listed = options.filter(({ long }) => long !== '--no-progress' && long !== '--help')
  const rows = listed.map(shown => {
    const [brief = ''] = shown.description.split(';')
    return shorten(`  ${helper.optionTerm(shown).padEnd(column)}${brief}`, width)
  })
  return ['', 'Options of every command: streamz help options', ...rows]
}

const shorten = (line: string, width: number): string => {
  if (line.length <= width) return line
  return `${line.slice(0, line.lastIndexOf(' ', width - 2))} …`
}

// What every command can end with: `streamz help exit-codes` lists it.
const usual: readonly ExitName[] = ['ok', 'failures', 'usage', 'io', 'closed']

const listExitCodes = ({ exit = [] }: Words, width: number): readonly string[] => {
  const rows = [...new Set(exit)]
    .filter(name => !usual.includes(name))
    .map(name => exitCodes[name])
    .toSorted((one, other) => one.code - other.code)
    .map(({ code, meaning }) => formatRow(String(code).padStart(3), meaning, 5, width))
  return rows.length === 0
    ? ['', 'Exit codes: streamz help exit-codes']
    : ['', 'Exit codes beyond the usual ones (streamz help exit-codes):', ...rows]
}
