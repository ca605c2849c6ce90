import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from '../definition.js'
import { titleOf } from './page.js'
import { formatRow } from './wrap.js'

/** What `streamz help topics` prints: every page there is, of the help and of the docs, and the words that show it. */
export const listTopics = (
  commands: Readonly<Record<string, () => CommandModule>>,
  docs: string,
  width: number,
): string => {
  const verbs = Object.values(commands).flatMap(find => {
    const { words, verbs = [] } = find().define()
    return [words, ...verbs.map(verb => verb.words)].map(({ name, purpose }) => formatRow(name, purpose, 18, width))
  })
  const pages = listPages(docs).map(name => {
    const isMore = Object.hasOwn(commands, name) || generated.includes(name)
    return formatRow(isMore ? `${name}.md` : name, titleOf(readPage(docs, name) ?? ''), 18, width)
  })
  return `Show a page: streamz help TOPIC. NAME.md is the manual page about NAME.

Commands, with examples and options:
${verbs.join('\n')}

Lists:
${formatRow('options', 'the options of every command', 18, width)}
${formatRow('exit-codes', 'every exit code and what it means', 18, width)}

Pages of the manual:
${pages.join('\n')}
`
}

/** Lists that are made from the code; the page of that name is shown as `NAME.md`. */
export const generated: readonly string[] = ['topics', 'options', 'exit-codes']

/** Names of the pages in the folder of the docs, without `.md`. */
export const listPages = (docs: string): readonly string[] =>
  readdirSync(docs)
    .filter(file => file.endsWith('.md'))
    .map(file => file.slice(0, -'.md'.length))
    .toSorted()

/** A page of the docs by its name, with or without `.md`; undefined: there is none. */
export const readPage = (docs: string, name: string): string | undefined => {
  const wanted = name.replace(/\.md$/, '')
  return listPages(docs).includes(wanted) ? readFileSync(join(docs, `${wanted}.md`), 'utf8') : undefined
}
