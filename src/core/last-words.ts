/**
 * The last line that a failed call wrote to stderr, or else of its answer: at most 200 characters, without what a terminal could
 * obey, and without what looks like a secret. Undefined when it said nothing.
 */
export const findLastWords = (stderr: string | undefined, output: string | undefined): string | undefined => {
  const line = findLine(stderr) ?? findLine(output)
  return line === undefined ? undefined : cut(escapeAll(hideSecrets(line)))
}

const findLine = (text: string | undefined): string | undefined => {
  const lines = text?.trimEnd().split(/[\r\n]+/) ?? []
  // What went wrong stands above the stack of Node, Java and others.
  const said = lines.findLast(line => line.trim() !== '' && !/^\s*at .*:\d+|^Node\.js v\d/.test(line))
  return (said ?? lines.at(-1))?.trim() || undefined
}

// What is known to be secret is masked where the call is made; this is for programs, whose secrets nothing knows.
const hideSecrets = (line: string): string =>
  line
    .replace(/(\/\/)[^/?#\s@]*@/g, '$1***@')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 ***')
    .replace(
      /([\w-]*(?:token|secret|password|passwd|api[_-]?key|signature|authorization)["']?\s*[=:]\s*["']?)(?!\s*(?:bearer|basic)\b)[^\s"'&,;}]+/gi,
      '$1***',
    )

const escapeAll = (line: string): string =>
  line.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, found =>
    found === '\t' ? ' ' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

// Between characters, not within one.
const cut = (line: string): string =>
  line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

const longest = 200
