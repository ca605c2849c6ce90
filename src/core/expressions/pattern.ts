/**
 * A regular expression of V8's linear engine: no pattern takes longer than its length times that of the text. `(?s)` or `(?m)` at
 * its beginning are flags. Throws a SyntaxError for what cannot be searched for so.
 */
export const compilePattern = (source: string): RegExp => {
  if (!isAllowed) {
    // The flag `l` is an error without it; nothing else changes.
    process.getBuiltinModule('node:v8').setFlagsFromString('--enable-experimental-regexp-engine')
    isAllowed = true
  }
  const [start = '', flags = ''] = /^\(\?([sm]+)\)/.exec(source) ?? []
  return new RegExp(source.slice(start.length), `l${[...new Set(flags)].join('')}`)
}
let isAllowed = false
