/** A command line of the docs, and how it should end. */
export type Step = { readonly line: string; readonly exit: number }

/** A block of the docs that can be run: shell lines or a module, and what they print, if that is shown. */
export type Block = {
  readonly kind: 'sh' | 'js'
  readonly text: string
  /** Where it begins, from 1. */
  readonly number: number
  /** The `text` block right after it: standard output, then standard error. */
  readonly output: string | undefined
}

/** The fenced blocks of a page that are run. */
export const findBlocks = (markdown: string): readonly Block[] => {
  const fences = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
  return fences.flatMap((fence, index) => {
    const [whole, kind, text = ''] = fence
    if (kind !== 'sh' && kind !== 'js') return []
    const next = fences[index + 1]
    const between = next && markdown.slice(fence.index + whole.length, next.index)
    const output = next?.[1] === 'text' && between?.trim() === '' ? next[2] : undefined
    return [{ kind, text, number: markdown.slice(0, fence.index).split('\n').length + 1, output }]
  })
}

/** The command lines of a block; a line that ends in `\` or `|` goes on, `# exits N` names another exit code than 0. */
export const splitSteps = (text: string): readonly Step[] =>
  text
    .replace(/([\\|])\n/g, '$1\0')
    .split('\n')
    .map(line => line.replaceAll('\0', '\n').trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => ({ line, exit: Number(/# exits (\d+)/.exec(line)?.[1] ?? 0) }))

/** Whether a text is the expected one, in which `…` stands for anything within a line. */
export const isLike = (actual: string, expected: string): boolean => {
  const parts = expected.trimEnd().split('…')
  const pattern = parts.map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`).test(actual.trimEnd())
}
