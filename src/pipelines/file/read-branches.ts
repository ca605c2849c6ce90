import { expression } from '../../cli/values/expression.js'
import type { Expression } from '../../core/expressions/parse.js'
import { createDeadEnd } from '../../processors/route/dead-end.js'
import { parseJobOptions } from './job-options.js'
import { type BranchEnd, type JobBranch, type JobStep, takesAll } from './job-step.js'
import type { Mistakes } from './mistakes.js'
import { chooseName, type Names } from './names.js'
import { type Node, nameKind, type Place } from './node.js'
import type { ValueReader } from './read-values.js'
import { readKeys } from './reader.js'

export type BranchContext = {
  readonly reader: ValueReader
  readonly mistakes: Mistakes
  readonly names: Names
  /** The words of the job's options, by key. */
  readonly common: ReadonlyMap<string, readonly string[]>
  /** Reads the steps of a branch as those of a job are read; the second is what messages begin with. */
  readLine(node: Node, where: string): readonly JobStep[]
}

export const branchKeys = ['name', 'where', 'else', 'steps', 'output', 'append', 'dlq', 'drop'] as const

/** The branches of a step, in the order in which they are tried; those with a mistake are left out. */
export const readBranches = (node: Node, command: string, context: BranchContext): readonly JobBranch[] => {
  const { mistakes } = context
  if (node.kind !== 'list' || node.items.length === 0) {
    const what = node.kind === 'list' ? 'an empty list' : nameKind(node)
    const wanted = 'a list, as in: [{where: .amount > 100, output: large.ndjson}]'
    mistakes.add(node.place, `${command}: branches: expected ${wanted}; got ${what}`)
    return []
  }
  const branches = node.items.flatMap(item => readBranch(item, context) ?? [])
  findUnreachable(branches, mistakes)
  return branches
}

type Found = { readonly [key in (typeof branchKeys)[number]]?: Node }

const readBranch = (node: Node, context: BranchContext): JobBranch | undefined => {
  const { mistakes, names, readLine } = context
  const found: Found | undefined = readKeys(node, 'branch', branchKeys, mistakes)
  if (found === undefined) return undefined
  const { place } = node
  const name = chooseName({ what: 'branch', place, given: found.name }, names, context)
  const before = mistakes.count
  const where = readCondition(node, found, context)
  const steps = found.steps === undefined ? [] : readLine(found.steps, 'branch: steps')
  const end = readEnd(node, found, steps, context)
  if (mistakes.count > before || name === undefined || end === undefined) return undefined
  if (end.kind !== 'dlq') return { name, place, where, steps, end }
  return { name, place, where, steps: [...steps, createLast(name, place, end.path, context)], end }
}

const readCondition = (node: Node, found: Found, { mistakes, reader }: BranchContext): Expression | undefined => {
  const isElse = readTrue(found.else, 'else', mistakes)
  if (found.where === undefined) {
    if (found.else !== undefined) return undefined
    mistakes.add(
      node.place,
      'branch: where is missing: expected a condition, as in where: .amount > 100, or else: true',
    )
    return undefined
  }
  if (isElse) mistakes.add(node.place, 'branch: where and else exclude each other: else takes all that are left')
  const text = reader.text(found.where, 'branch: where', { isExpression: true, wanted: 'a condition' })
  if (text === undefined) return undefined
  try {
    return expression(text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    mistakes.add(found.where.place, `branch: where: ${error.message}`)
    return undefined
  }
}

const readEnd = (
  node: Node,
  found: Found,
  steps: readonly JobStep[],
  { mistakes, reader }: BranchContext,
): BranchEnd | undefined => {
  const keys = (['output', 'dlq', 'drop'] as const).filter(key => found[key] !== undefined)
  const [key, other] = keys
  const append = readTrue(found.append, 'append', mistakes)
  if (append && found.output === undefined) mistakes.add(node.place, 'branch: append needs output')
  readTrue(found.drop, 'drop', mistakes)
  const last = steps.at(-1)
  const all = last && takesAll(last)
  if (all !== undefined) {
    if (key !== undefined) mistakes.add((found[key] as Node).place, `branch: ${key}: ${describeUnreachable(all)}`)
    return { kind: 'none' }
  }
  if (key === undefined || other !== undefined) {
    const what = key === undefined ? 'it has no end' : `${keys.join(' and ')} exclude each other`
    mistakes.add(node.place, `branch: ${what}: give one of output: FILE, dlq: FILE and drop: true`)
    return undefined
  }
  if (key === 'drop') return { kind: 'drop' }
  const path = reader.text(found[key] as Node, `branch: ${key}`, { wanted: 'a file' })
  if (path === undefined) return undefined
  if (path === '' || path === '-') {
    const rest = 'what matches no branch goes on to the output of the job'
    mistakes.add((found[key] as Node).place, `branch: ${key}: expected a file of its own; ${rest}`)
  }
  return key === 'dlq' ? { kind: 'dlq', path } : { kind: 'file', path, append }
}

/** Why nothing comes after a branch that takes all that are left. */
export const describeUnreachable = ({ place }: { readonly place: Place }): string =>
  `no record gets here: the branch of line ${place.line} takes all that are left`

/** A switch that can only be on. */
const readTrue = (node: Node | undefined, key: string, mistakes: Mistakes): boolean => {
  if (node === undefined) return false
  if (node.kind === 'scalar' && node.value === true) return true
  mistakes.add(node.place, `branch: ${key}: expected true, got ${nameKind(node)}`)
  return false
}

const findUnreachable = (branches: readonly JobBranch[], mistakes: Mistakes): void => {
  const seen = new Map<string, JobBranch>()
  let rest: JobBranch | undefined
  for (const branch of branches) {
    const tree = JSON.stringify(branch.where?.tree)
    const same = seen.get(tree)
    if (rest !== undefined) mistakes.add(branch.place, `branch: ${describeUnreachable(rest)}`)
    else if (same !== undefined)
      mistakes.add(
        branch.place,
        `branch: no record gets here: the branch of line ${same.place.line} has the same where`,
      )
    seen.set(tree, branch)
    if (branch.where === undefined) rest ??= branch
  }
}

/** The last step of a branch that ends in a dead-letter file: it rejects what it gets. */
const createLast = (branch: string, place: Place, dlq: string, { common }: BranchContext): JobStep => {
  const flags = [...[...common].flatMap(([key, words]) => (key === 'dlq' ? [] : words)), `--dlq=${dlq}`]
  const stage: JobStep['stage'] = {
    command: 'route',
    options: parseJobOptions([...flags, `--stage=${branch}`]),
    files: [],
    create: (_, context) => createDeadEnd({ branch }, context),
  }
  const words = { flags, operands: [], rest: undefined }
  return { name: branch, command: 'route', place, words, branches: [], stage, prepareWith: () => stage }
}
