/** Values whose bytes no parser and printer would give back, each on a line of its own. */
export const trickyValues: readonly string[] = [
  '{"b" : 1,\t"a":[ 1 , 2 ] }',
  '12345678901234567890',
  '-0',
  '1.0',
  '1e400',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  '"\\u00e9 \\ud83d\\ude00 \\/ \\ud800"',
  '"\u2028\u2029\u0085 é 😀"',
  '"\\u0000"',
  '""',
  'null',
  '[]',
  '{}',
  '{"$streamz":"summary/1"}',
]

/** Lines that are no JSON: nobody who need not look into them may mind. */
export const trickyLines: readonly Buffer[] = [
  ...trickyValues.map(value => Buffer.from(value)),
  Buffer.from(' {"spaced":1} '),
  Buffer.from('{"crlf":1}\r'),
  Buffer.from('not json'),
  Buffer.from('{} {}'),
  Buffer.from('{"cut":'),
  Buffer.from('NUL \0 in it'),
  Buffer.from('vertical \v and form feed \f and lone \r return'),
  Buffer.from([0xff, 0xfe, 0x22, 0xc3]),
  Buffer.from(' {"$streamz":"error/1"}'),
]

const newline = Buffer.from('\n')
const withNewlines = trickyLines.flatMap(line => [line, newline])

/** An input with everything in it: a byte order mark, blank lines, tricky ones and a last line without its newline. */
export const trickyInput = Buffer.concat([Buffer.from('\ufeff'), ...withNewlines, Buffer.from('\n \t\r\n"last"')])

/** What a command that passes everything on makes of it. */
export const trickyOutput = Buffer.concat([...withNewlines, Buffer.from('"last"\n')])
