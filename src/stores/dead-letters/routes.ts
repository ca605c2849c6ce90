import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import type { Lines } from '../../core/lines.js'
import { Neighbours } from '../../core/neighbours.js'
import { resolveLink } from '../files/resolve-link.js'
import { type DeadLetterOptions, type DeadLetters, openDeadLetters } from './append.js'

/** Failure records whose field has this value go to a file of their own. */
export type Route = {
  readonly field: 'kind' | 'class' | 'stage' | 'status'
  readonly value: string
  readonly path: string
}

/** Several dead-letter files as one: the first route that fits takes a record, the file of the options everything else. */
export const openRoutes = (routes: readonly Route[], options: DeadLetterOptions): DeadLetters => {
  const open = (path: string) => openDeadLetters({ ...options, path: resolveLink(path) })
  const main = open(options.path)
  if (routes.length === 0) return main
  const files = new Map([[options.path, main]])
  for (const { path } of routes) {
    if (!files.has(path)) files.set(path, open(path))
  }
  const reader = createDeadLetterReader(fields)
  const choose = (lines: Lines, index: number): DeadLetters => {
    if (!reader.read(lines.bytes, lines.start(index), lines.end(index))) return main
    const route = routes.find(one => readField(reader, lines.bytes, one.field).includes(one.value))
    return files.get(route?.path ?? '') ?? main
  }
  const all = <R>(act: (file: DeadLetters) => R): R[] => [...files.values()].map(act)
  return {
    append(lines, receipt) {
      let target = choose(lines, 0)
      const alike = new Neighbours((from, until) => target.append(lines.slice(from, until), receipt))
      for (let index = 1; index < lines.length; index++) {
        const next = choose(lines, index)
        if (next === target) continue
        alike.cut(index)
        target = next
      }
      alike.end(lines.length)
    },
    flush() {
      const waiting = all(file => file.flush()).filter(promise => promise !== undefined)
      return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => {})
    },
    abandon: () => void all(file => file.abandon()),
    async close() {
      await Promise.all(all(file => file.close()))
    },
  }
}

const fields: readonly Field[] = ['class', 'command', 'stageName', 'status']

const readField = (reader: DeadLetterReader, bytes: Buffer, field: Route['field']): readonly (string | undefined)[] => {
  switch (field) {
    case 'kind':
      return [reader.text('kind')]
    case 'class':
      return [reader.text('class')]
    case 'stage':
      return [reader.text('stageName'), reader.text('command')]
    case 'status': {
      const start = reader.start('status')
      return start === -1 ? [] : [bytes.toString('latin1', start, reader.end('status'))]
    }
  }
}
