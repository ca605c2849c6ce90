// Writes the man pages, `streamz(1)` and one per command, from what the help is made of.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const load = file => import(pathToFileURL(`build/src/${file}`).href)
const { createCommand } = await load('cli/create-command.js')
const { listCommonOptions } = await load('cli/common-options.js')
const { exitCodes } = await load('cli/exit-codes.js')
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Text as roff shows it: nothing in it is a request or an escape. */
const text = words =>
  words
    .replaceAll('\\', '\\e')
    .replace(/`([^`]+)`/g, (_, code) => `\\fB${code.replaceAll('-', '\\-')}\\fR`)
    .replace(/(^|\s)(--?[a-z])/gi, (_, before, flag) => before + flag.replaceAll('-', '\\-'))
    .replace(/^([.'])/gm, '\\&$1')
const code = line =>
  line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
const heading = name => `.SH ${name}`
const paragraphs = words =>
  words.split('\n\n').flatMap(part =>
    part.split(/\n(?=\s*\d+\. )/).flatMap(item => {
      const [, number, rest] = /^\s*(\d+\.) ([\s\S]*)/.exec(item) ?? []
      const joined = (rest ?? item).replace(/\n\s*/g, ' ').trim()
      return number === undefined ? ['.PP', text(joined)] : [`.IP ${number} 4`, text(joined)]
    }),
  )
const term = (name, meaning) => ['.TP', `\\fB${code(name)}\\fR`, text(meaning)]
const begin = (name, purpose) => [
  `.TH ${name.toUpperCase()} 1 "" "streamz ${version}" "streamz manual"`,
  // Words are not broken: what is copied must be whole.
  '.nh',
  '.ad l',
  heading('NAME'),
  `${code(name)} \\- ${text(purpose)}`,
]
const examples = list => [
  heading('EXAMPLES'),
  ...list.flatMap(({ note, run }) => ['.PP', text(note), '.RS 4', '.nf', ...run.split('\n').map(code), '.fi', '.RE']),
]

const groupsOf = options => {
  const helper = createCommand({
    words: { name: 'x', purpose: '', usage: '', examples: [], seeAlso: [] },
    common: 'none',
  })
  const shown = helper.createHelp()
  const groups = group(options)
  return [...groups].flatMap(([name, members]) => [
    `.SS ${text(name)}`,
    ...members.flatMap(option => term(shown.optionTerm(option), option.description)),
  ])
}
const of = option => option.helpGroupHeading ?? 'Other'
const group = options => {
  const groups = new Map()
  for (const option of options) groups.set(of(option), [...(groups.get(of(option)) ?? []), option])
  return groups
}

const codesOf = names =>
  names.map(name => exitCodes[name]).flatMap(({ code: number, meaning }) => term(String(number), meaning))

/** The page of a command: what its help says, and its verbs with theirs. */
const commandPage = ({ words, options = [], common, refuses = {}, verbs = [] }) => {
  const visible = options.filter(({ hidden }) => !hidden)
  const own = new Set(options.map(({ long }) => long))
  const others = common === 'none' ? [] : listCommonOptions().filter(({ long }) => !own.has(long) && !(long in refuses))
  const usage = words.usage
    .split('\n')
    .map((line, index) => (index === 0 ? `streamz ${words.name} ${line}` : line.trim()))
  return [
    ...begin(`streamz-${words.name}`, words.purpose),
    heading('SYNOPSIS'),
    ...usage.flatMap(line => [code(line), '.br']),
    heading('DESCRIPTION'),
    ...paragraphs(words.notes ?? `${words.purpose}.`),
    ...examples(words.examples),
    ...(visible.length === 0 ? [] : [heading('OPTIONS'), ...groupsOf(visible)]),
    ...(others.length === 0 ? [] : [heading('"OPTIONS OF EVERY COMMAND"'), ...groupsOf(others)]),
    ...verbs.flatMap(verb => [
      heading(`"${verb.words.name.toUpperCase()}"`),
      code(`streamz ${verb.words.name} ${verb.words.usage}`),
      ...paragraphs(`${verb.words.purpose}.${verb.words.notes === undefined ? '' : `\n\n${verb.words.notes}`}`),
      ...(verb.options ?? []).filter(({ hidden }) => !hidden).flatMap(option => term(option.flags, option.description)),
    ]),
    heading('"EXIT STATUS"'),
    ...codesOf([...new Set(['ok', 'failures', 'usage', 'io', ...(words.exit ?? [])])]),
    '.PP',
    'All exit codes are listed in',
    '.BR streamz (1).',
    heading('"SEE ALSO"'),
    ['streamz', ...words.seeAlso.filter(name => /^[a-z-]+$/.test(name)).map(name => `streamz-${name}`)]
      .map(name => `.BR ${code(name)} (1)`)
      .join(',\n'),
  ]
}

const files = readdirSync('build/src/commands').filter(file => file.endsWith('.js'))
const definitions = []
for (const file of files) definitions.push((await load(`commands/${file}`)).define())

const overview = [
  ...begin('streamz', 'NDJSON stream tools for shell pipelines'),
  heading('SYNOPSIS'),
  'streamz COMMAND [OPTION...] [FILE...]',
  heading('DESCRIPTION'),
  ...paragraphs(
    'Filters for newline-delimited JSON: limit rates, batch, call services, keep failed records. Records are read from standard input or the FILEs (also gzip) and written to standard output; failures go to standard error, `--dlq FILE` or `--inline`. Records that a command does not change keep their exact bytes.',
  ),
  heading('COMMANDS'),
  ...definitions.flatMap(({ words }) => term(words.name, words.purpose)),
  ...term('help TOPIC', 'a page of help or of the manual; `help topics` lists them'),
  ...term('completion SHELL', 'a completion script for bash, zsh, fish or powershell'),
  ...term('--version', 'print the version'),
  heading('"OPTIONS OF EVERY COMMAND"'),
  ...groupsOf(listCommonOptions()),
  heading('"EXIT STATUS"'),
  ...codesOf(Object.keys(exitCodes)),
  heading('"SEE ALSO"'),
  definitions.map(({ words }) => `.BR ${code(`streamz-${words.name}`)} (1)`).join(',\n'),
]

mkdirSync('dist/man', { recursive: true })
writeFileSync('dist/man/streamz.1', `${overview.join('\n')}\n`)
for (const definition of definitions) {
  writeFileSync(`dist/man/streamz-${definition.words.name}.1`, `${commandPage(definition).join('\n')}\n`)
}

// npm links the pages that the package names one by one; the list is that of the folder.
const listed = ['streamz', ...definitions.map(({ words }) => `streamz-${words.name}`)].map(name => `dist/man/${name}.1`)
const packageText = readFileSync('package.json', 'utf8')
const description = JSON.parse(packageText)
if (JSON.stringify(description.man) !== JSON.stringify(listed)) {
  writeFileSync('package.json', `${JSON.stringify({ ...description, man: listed }, null, 2)}\n`)
}
