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
export const wrap = (text: string, width: number, head = ''): string => {
  const indent = head.endsWith('# ') ? head : ' '.repeat(head.length)
  const lines: string[] = []
  let line: string | undefined
  for (const word of keepCode(text).split(' ')) {
    if (line === undefined) line = word
    else if (indent.length + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = `${line} ${word}`
  }
  return [...lines, line ?? '']
    .map((one, index) => (index === 0 ? head : indent) + one.replaceAll(kept, ' '))
    .join('\n')
}

/**
 * A line of shell that can be copied from a terminal of this width: it is broken only at spaces outside of quotes, with a
 * backslash. Without a width, or where there is no such space, it stays one line.
 */
export const wrapCode = (line: string, width: number | undefined, indent: string): readonly string[] => {
  if (width === undefined || indent.length + line.length <= width) return [`${indent}${line}`]
  const lines: string[] = []
  let current = indent
  for (const word of splitWords(line)) {
    if (current.trim() !== '' && current.length + word.length + 2 > width) {
      lines.push(`${current.trimEnd()} \\`)
      current = `${indent}  `
    }
    current += `${word} `
  }
  return [...lines, current.trimEnd()]
}

// Stands for a space that no line may be broken at.
const kept = '\u00a0'

/** A short piece of code in a sentence stays on one line. */
const keepCode = (text: string): string => text.replace(/`[^`]{1,38}`/g, code => code.replaceAll(' ', kept))

/** Words of a shell line; what is quoted is one word, and all that follows a `#`. */
const splitWords = (line: string): readonly string[] =>
  line.match(/#.*|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"])+/g) ?? [line]
