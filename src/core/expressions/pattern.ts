import { writeOutRepeats } from './write-out-repeats.js'

/**
 * A regular expression of V8's linear engine: no pattern takes longer than its length times that of the text. `(?s)` or `(?m)` at
 * its beginning are flags. Only to test texts: what it captures is undefined. Throws a SyntaxError for what cannot be searched for
 * so.
 */
export const compilePattern = (source: string): RegExp => {
  if (!isAllowed) {
    // The flag `l` is an error without it; nothing else changes.
    process.getBuiltinModule('node:v8').setFlagsFromString('--enable-experimental-regexp-engine')
    isAllowed = true
  }
  const [start = '', flags = ''] = /^\(\?([sm]+)\)/.exec(source) ?? []
  const body = source.slice(start.length)
  const all = `l${[...new Set(flags)].join('')}`
  try {
    return new RegExp(body, all)
  } catch (error) {
    const writtenOut = /linear/.test(String(error)) ? writeOutRepeats(body) : undefined
    if (writtenOut === undefined) throw error
    return new RegExp(writtenOut, all)
  }
}
let isAllowed = false
