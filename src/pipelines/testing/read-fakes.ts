import { exitFailure } from '../../calls/command/exit-failure.js'
import { readStatus } from '../../calls/http/status.js'
import { nearest } from '../../cli/help/nearest.js'
import { duration } from '../../cli/values/duration.js'
import { expression } from '../../cli/values/expression.js'
import type { Expression } from '../../core/expressions/parse.js'
import { Failure } from '../../core/failure.js'
import type { Mistakes } from '../file/mistakes.js'
import { type Node, nameKind, type Place } from '../file/node.js'
import { readKeys } from '../file/reader.js'

/** What a call of a step comes to in a test. */
export type Fake = {
  readonly place: Place
  /** The records that it is for; undefined: all. */
  readonly where: Expression | undefined
  /** The output of the call; undefined: it fails. */
  readonly answer: string | undefined
  /** Undefined beside no answer: it takes until the timeout of the step. */
  readonly failure: Failure | undefined
  /** How many calls; undefined: one, or all that are left when it is the last. */
  readonly times: number | undefined
  /** How long a call takes on the fake clock, in milliseconds. */
  readonly ms: number
}

export const readFakes = (node: Node, mistakes: Mistakes): readonly Fake[] => {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0) mistakes.add(node.place, "calls: expected a list of answers, as in: [{answer: '{}'}]")
  return items.flatMap(item => readFake(item, mistakes) ?? [])
}

const readFake = (node: Node, mistakes: Mistakes): Fake | undefined => {
  if (node.kind === 'scalar') {
    mistakes.add(node.place, `calls: expected {answer: TEXT} or {fail: KIND}, got ${nameKind(node)}`)
    return undefined
  }
  const found = readKeys(node, 'calls', ['where', 'answer', 'fail', 'times', 'ms'], mistakes)
  if (found === undefined) return undefined
  const { where, answer, fail, times, ms } = found
  if ((answer === undefined) === (fail === undefined)) {
    mistakes.add(node.place, "calls: give one of answer and fail, as in: {answer: '{}'} or {fail: timeout}")
    return undefined
  }
  if (answer !== undefined && (answer.kind !== 'scalar' || answer.value === null)) {
    mistakes.add(
      answer.place,
      `calls: answer: expected the text of an answer, as '{"ok":true}', got ${nameKind(answer)}`,
    )
    return undefined
  }
  return {
    place: node.place,
    where: where === undefined ? undefined : readWhere(where, mistakes),
    answer: answer?.kind === 'scalar' ? answer.text : undefined,
    failure: fail === undefined ? undefined : readFailure(fail, mistakes),
    times: times === undefined ? undefined : readTimes(times, mistakes),
    ms: ms === undefined ? 0 : readMs(ms, mistakes),
  }
}

const readWhere = (node: Node, mistakes: Mistakes): Expression | undefined => {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    mistakes.add(node.place, `calls: where: expected a condition, as in where: .id == 2, got ${nameKind(node)}`)
    return undefined
  }
  try {
    return expression(node.text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    mistakes.add(node.place, `calls: where: ${error.message}`)
    return undefined
  }
}

const readTimes = (node: Node, mistakes: Mistakes): number => {
  if (node.kind === 'scalar' && typeof node.value === 'bigint' && node.value > 0n) return Number(node.value)
  mistakes.add(node.place, `calls: times: expected a whole number of at least 1, got ${nameKind(node)}`)
  return 1
}

const readMs = (node: Node, mistakes: Mistakes): number => {
  if (node.kind === 'scalar' && typeof node.value === 'bigint' && node.value >= 0n) return Number(node.value)
  try {
    return duration(node.kind === 'scalar' ? node.text : '')
  } catch {
    mistakes.add(node.place, `calls: ms: expected milliseconds or a duration, as 250 or 2s, got ${nameKind(node)}`)
    return 0
  }
}

const kinds = ['timeout', 'network', 'spawn', 'signal', 'worker_died', 'output_parse', 'output_too_large']

/** Of the class that the real thing has. Undefined for a timeout, which the step itself makes. */
const readFailure = (node: Node, mistakes: Mistakes): Failure | undefined => {
  const text = node.kind === 'scalar' ? node.text : ''
  const [, what, number] = /^(exit|status):(\d{1,3})$/.exec(text) ?? []
  const value = Number(number)
  if (what === 'exit' && value > 0 && value < 256) return exitFailure({ code: value, signal: null })
  if (what === 'status' && value >= 300 && value < 600) return readStatus(value, {}, 0).failure
  switch (text) {
    case 'timeout':
      return undefined
    case 'network':
      return new Failure('network', 'transient', 'Connection refused')
    case 'spawn':
      return new Failure('spawn', 'transient', 'Cannot start the command')
    case 'signal':
      return exitFailure({ code: null, signal: 'SIGKILL' })
    case 'worker_died':
      return new Failure('worker_died', 'transient', 'The worker died')
    case 'output_parse':
      return new Failure('output_parse', 'permanent', 'Output is not valid JSON')
    case 'output_too_large':
      return new Failure('output_too_large', 'permanent', 'The output is too large')
  }
  const near = nearest(text, kinds)
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  mistakes.add(
    node.place,
    `calls: fail: expected ${kinds.join(', ')}, exit:CODE or status:CODE, got ${nameKind(node)}${meant}`,
  )
  return undefined
}
