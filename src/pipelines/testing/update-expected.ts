import type { Scalar, YAMLSeq } from 'yaml'

/** What came out in a test, counted from 0: of the job, or of a branch. */
export type FoundLines = { readonly test: number; readonly branch?: string; readonly lines: readonly string[] }

/** A test file with other expected lines. */
export type UpdatedSuite = {
  readonly text: string
  /** How many could be replaced: lines that are an alias stand elsewhere, and stay. */
  readonly updated: number
}

/** Puts what came out into `expect.output` and `expect.outputs` of tests. All else stays as it is, comments too. */
export const updateExpected = async (text: string, found: readonly FoundLines[]): Promise<UpdatedSuite> => {
  const yaml = await import('yaml')
  const document = yaml.parseDocument(text, { version: '1.2', schema: 'core', merge: false, logLevel: 'error' })
  const quote = (line: string) => yaml.stringify(line, { defaultStringType: 'QUOTE_SINGLE', lineWidth: 0 }).trimEnd()
  const edits: Edit[] = []
  let updated = 0
  for (const { test, branch, lines } of found) {
    const key = branch === undefined ? ['output'] : ['outputs', branch]
    const node = document.getIn(['tests', test, 'expect', ...key], true)
    const made = yaml.isScalar(node)
      ? replaceScalar(node, lines, quote)
      : yaml.isSeq(node) && node.items.every(item => yaml.isScalar(item))
        ? replaceItems(text, node as YAMLSeq<Scalar>, lines, quote)
        : undefined
    if (made === undefined) continue
    edits.push(...made)
    updated++
  }
  const changed = edits
    .toSorted((one, other) => other.from - one.from)
    .reduce((whole, { from, to, put }) => `${whole.slice(0, from)}${put}${whole.slice(to)}`, text)
  return { text: changed, updated }
}

type Edit = { readonly from: number; readonly to: number; readonly put: string }

type Quote = (line: string) => string

const rangeOf = ({ range }: { readonly range?: readonly [number, number, number] | null | undefined }) => {
  const [from, to] = range ?? [0, 0]
  return { from, to }
}

const replaceScalar = (node: Scalar, lines: readonly string[], quote: Quote): readonly Edit[] => {
  const put = typeof node.value === 'number' ? String(lines.length) : toList(lines, quote)
  return [{ ...rangeOf(node), put }]
}

const toList = (lines: readonly string[], quote: Quote): string => `[${lines.map(quote).join(', ')}]`

const replaceItems = (
  text: string,
  list: YAMLSeq<Scalar>,
  lines: readonly string[],
  quote: Quote,
): readonly Edit[] | undefined => {
  const { items, flow } = list
  const [first] = items
  const last = items.at(-1)
  if (first === undefined || last === undefined) return [{ ...rangeOf(list), put: toList(lines, quote) }]
  if (lines.length === 0) return clear(text, list, rangeOf(last).to)
  const changed = items.slice(0, lines.length).flatMap((item, index) => {
    const line = lines[index] ?? ''
    const old = typeof item.value === 'string' ? item.value : (item.source ?? '')
    return line === old
      ? []
      : [{ ...rangeOf(item), put: `${quote(line)}${item.type?.startsWith('BLOCK') ? '\n' : ''}` }]
  })
  const kept = items[lines.length - 1] ?? last
  if (lines.length <= items.length) {
    const surplus = items.slice(lines.length)
    if (surplus.length === 0) return changed
    if (flow) return [...changed, { from: rangeOf(kept).to, to: rangeOf(last).to, put: '' }]
    const lineOf = (item: Scalar) => ({ from: startOfLine(text, rangeOf(item).from), to: endOfLine(text, item) + 1 })
    return [...changed, ...surplus.map(item => ({ ...lineOf(item), put: '' }))]
  }
  const more = lines.slice(items.length).map(quote)
  if (flow) return [...changed, { from: rangeOf(last).to, to: rangeOf(last).to, put: `, ${more.join(', ')}` }]
  const begin = rangeOf(first).from
  const dash = text.slice(startOfLine(text, begin), begin)
  const end = endOfLine(text, last)
  return [...changed, { from: end, to: end, put: more.map(line => `\n${dash}${line}`).join('') }]
}

/** No line came out. Between the key and a list of its own lines only a comment could stand. */
const clear = (text: string, list: YAMLSeq, end: number): readonly Edit[] | undefined => {
  const { from, to } = rangeOf(list)
  if (list.flow) return [{ from, to, put: '[]' }]
  const key = text.slice(0, from).trimEnd().length
  return text[key - 1] === ':' ? [{ from: key, to: end, put: ' []' }] : undefined
}

const startOfLine = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1

const endOfLine = (text: string, node: Scalar): number => {
  const { to } = rangeOf(node)
  const end = text.indexOf('\n', text[to - 1] === '\n' ? to - 1 : to)
  return end === -1 ? text.length : end
}
