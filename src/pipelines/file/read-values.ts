import { UsageError } from '../../cli/usage-error.js'
import type { Mistakes } from './mistakes.js'
import { type Node, nameKind } from './node.js'
import type { StepKey } from './step-keys.js'
import type { Variables } from './variables.js'

/** Turns nodes into the words of a command line; each text is filled, tried by its parser and kept as text. */
export type ValueReader = {
  /** The words of one key: `--rate=60/m`; none for `false` or after a mistake. */
  words(key: StepKey, node: Node, where: string): readonly string[]
  /** One text; undefined after a mistake. */
  text(node: Node, where: string, what?: TextOptions): string | undefined
}

export type TextOptions = Pick<StepKey, 'isCode' | 'isExpression' | 'takesSecret'> & { readonly wanted?: string }

export const createValueReader = (variables: Variables, mistakes: Mistakes): ValueReader => {
  const text = (
    node: Node,
    where: string,
    { isCode, isExpression, takesSecret, wanted = 'a text' }: TextOptions = {},
  ) => {
    if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
      mistakes.add(node.place, `${where}: expected ${wanted}, got ${nameKind(node)}`)
      return undefined
    }
    if (typeof node.value !== 'string') return node.text
    if (isCode || isExpression) {
      variables.refuseIn(node.text, node.place, where)
      return isExpression ? variables.fillExpression(node.text, node.place) : node.text
    }
    const filled = variables.fill(node.text, node.place)
    if (!takesSecret && filled !== undefined && /^env:[A-Za-z_]\w*$/.test(filled)) {
      const place = `${where}: ${filled} is not read here and would be used literally`
      mistakes.add(
        node.place,
        `${place}; a secret may stand in header, body, proxy and http; a program reads its own environment`,
      )
    }
    return filled
  }

  const parse = ({ parse: parser }: StepKey, value: string, node: Node, where: string): boolean => {
    try {
      parser?.(value)
      if (parser === undefined && value === '') throw new UsageError('the value is empty')
      return true
    } catch (error) {
      if (!(error instanceof Error)) throw error
      mistakes.add(node.place, `${where}: ${error.message}`)
      return false
    }
  }

  return {
    text,
    words(key, node, where) {
      const place = `${where}: ${key.key}`
      if (key.kind === 'switch') {
        const value = readSwitch(node)
        if (value === undefined) mistakes.add(node.place, `${place}: expected true or false, got ${nameKind(node)}`)
        return value ? [key.flag ?? ''] : []
      }
      const nodes = node.kind === 'list' && key.repeats ? node.items : [node]
      return nodes.flatMap(one => {
        const wanted = key.parse?.wanted ?? 'a text'
        const value = text(one, place, { ...key, wanted })
        if (value === undefined || !parse(key, value, one, place)) return []
        return [key.flag === undefined ? value : `${key.flag}=${value}`]
      })
    },
  }

  function readSwitch(node: Node): boolean | undefined {
    if (node.kind !== 'scalar') return undefined
    if (typeof node.value === 'boolean') return node.value
    const value = typeof node.value === 'string' ? variables.fill(node.text, node.place) : undefined
    // Only a variable makes a truth of a text: "true" in quotes was meant as a text.
    return value === node.text || (value !== 'true' && value !== 'false') ? undefined : value === 'true'
  }
}
