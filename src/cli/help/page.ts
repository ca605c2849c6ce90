import { formatRow, wrap } from './wrap.js'

/** A page of the docs as a terminal shows it: text is put into lines, code stays as it is, a table becomes rows. */
export const renderPage = (markdown: string, width: number): string =>
  `${splitBlocks(markdown)
    .map(block => renderBlock(block, Math.min(width, 100)))
    .join('\n\n')}\n`

/** The first heading of a page. */
export const titleOf = (markdown: string): string => uncode(plain(/^# (.*)$/m.exec(markdown)?.[1] ?? ''))

type Block = { readonly kind: 'code' | 'table' | 'heading' | 'list' | 'text'; readonly lines: readonly string[] }

const splitBlocks = (markdown: string): readonly Block[] => {
  const blocks: Block[] = []
  let lines: string[] = []
  let fenced = false
  const close = () => {
    if (lines.length > 0) blocks.push({ kind: fenced ? 'code' : kindOf(lines[0] ?? ''), lines })
    lines = []
  }
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      close()
      fenced = !fenced
    } else if (fenced) lines.push(line)
    else if (line.trim() === '') close()
    else {
      const begins = /^#/.test(line) || /^#/.test(lines[0] ?? '')
      if (begins) close()
      lines.push(line)
    }
  }
  close()
  return blocks
}

const kindOf = (line: string): Block['kind'] => {
  if (line.startsWith('    ')) return 'code'
  if (line.startsWith('|')) return 'table'
  if (line.startsWith('#')) return 'heading'
  return isItem(line) ? 'list' : 'text'
}

const isItem = (line: string): boolean => /^\s*([-*]|\d+\.) /.test(line)

const renderBlock = ({ kind, lines }: Block, width: number): string => {
  switch (kind) {
    case 'code':
      return lines.map(line => `    ${line.replace(/^ {4}/, '')}`.trimEnd()).join('\n')
    case 'heading':
      return renderHeading(lines[0] ?? '')
    case 'table':
      return renderTable(lines, width)
    case 'list':
      return renderList(lines, width)
    case 'text':
      return uncode(wrap(plain(lines.map(line => line.trim()).join(' ')), width))
  }
}

const renderHeading = (line: string): string => {
  const text = uncode(plain(line.replace(/^#+ /, '')))
  if (line.startsWith('# ')) return `${text}\n${'='.repeat(text.length)}`
  return line.startsWith('## ') ? `${text}\n${'-'.repeat(text.length)}` : text
}

const renderList = (lines: readonly string[], width: number): string => {
  const items: string[] = []
  for (const line of lines) {
    if (isItem(line)) items.push(line)
    else items.push(`${items.pop() ?? ''} ${line.trim()}`)
  }
  return items
    .map(item => {
      const head = /^\s*([-*]|\d+\.) /.exec(item)?.[0] ?? ''
      return uncode(wrap(plain(item.slice(head.length)), width, head))
    })
    .join('\n')
}

/** The first column is the term; the others, without those that are empty, are told behind it. */
const renderTable = (lines: readonly string[], width: number): string => {
  const rows = lines.filter(line => !/^[|\s:-]+$/.test(line)).map(splitCells)
  const [, ...body] = rows
  const longest = Math.max(...body.map(([term = '']) => uncode(term).length))
  return body
    .map(([term = '', ...cells]) =>
      uncode(formatRow(uncode(term), cells.filter(cell => cell !== '').join('; '), Math.min(28, longest + 2), width)),
    )
    .join('\n')
}

const splitCells = (line: string): readonly string[] =>
  line
    .replace(/^\|\s*/, '')
    .replace(/\s*\|\s*$/, '')
    .split(/(?<!\\)\s*\|\s*/)
    .map(cell => plain(cell.replaceAll('\\|', '|')))

/** Without links and bold type; the name of a page stays. */
const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, (_, label: string) => label)
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/(?<![\w*])\*(\w[^*]*)\*(?![\w*])/g, '$1')

const uncode = (text: string): string => text.replaceAll('`', '')
