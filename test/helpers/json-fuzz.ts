import { type Path, parsePath } from '../../src/core/json/path.js'

/** Random numbers in [0, 1) that are the same for the same seed: mulberry32. */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Paths that lead to something in many of the lines; prefixes of each other among them. */
export const fuzzPaths: readonly Path[] = [
  '.',
  '.a',
  '.a.b',
  '.a.b.c',
  '.b',
  '.b[0]',
  '.b[2].a',
  '.user.id',
  '[0]',
  '[0].a',
  '[1][1]',
  '[11]',
  '."odd key"',
  '."a\\"b\\\\"',
  '.""',
  '.é',
  '."日本"[0]',
  '."\\ud800"',
  '.__proto__.a',
  '.a',
].map(parsePath)

/** One line of bytes with a newline at its end and none within: JSON of any shape, in half of the cases damaged. */
export const fuzzLine = (random: () => number): Buffer => {
  const integer = (below: number) => Math.floor(random() * below)
  let bytes: Buffer = Buffer.from(text(random, integer))
  for (let times = integer(2) * (1 + integer(3)); times > 0; times--) bytes = damage(bytes, integer)
  return Buffer.concat([bytes.filter(byte => byte !== 0x0a), newline])
}

const newline = Buffer.from('\n')

type Integer = (below: number) => number

const pick = <T>(list: readonly T[], integer: Integer): T => list[integer(list.length)] as T

const text = (random: () => number, integer: Integer): string => {
  const spaced = random() < 0.2
  const space = () => (spaced && random() < 0.3 ? pick([' ', '\t', '\r', '  ', ' \r\t '], integer) : '')
  const many = <T>(below: number, make: () => T) => Array.from({ length: integer(below) }, make)
  const value = (depth: number): string => {
    const shape = random()
    if (depth === 0 || shape < 0.3) return scalar()
    const next = () => value(depth - 1)
    if (shape < 0.7)
      return `{${space()}${many(6, () => `${key()}${space()}:${space()}${next()}${space()}`).join(`,${space()}`)}}`
    return `[${space()}${many(random() < 0.1 ? 30 : 5, () => `${next()}${space()}`).join(`,${space()}`)}]`
  }
  const key = () => (random() < 0.7 ? pick(keys, integer) : string())
  const scalar = (): string => {
    const shape = random()
    if (shape < 0.4) return string()
    if (shape < 0.5) return pick(['true', 'false', 'null'], integer)
    if (shape < 0.6) return pick(numbers, integer)
    if (shape < 0.8) return String(integer(10 ** (1 + integer(12))) * (random() < 0.2 ? -1 : 1))
    return String((random() - 0.5) * 10 ** (integer(50) - 25))
  }
  const string = (): string => {
    const plain = random() < 0.6
    const parts = Array.from({ length: integer(random() < 0.05 ? 60 : 5) }, () =>
      plain || random() < 0.5 ? 'abcdefgh xyz!#[]{}:,'.slice(integer(10), 10 + integer(10)) : pick(pieces, integer),
    )
    return `"${parts.join('')}"`
  }
  return space() + value(integer(5)) + space()
}

const keys = [
  ...['"a"', '"a"', '"b"', '"b"', '"c"', '"user"', '"id"', '"odd key"', String.raw`"a\"b\\"`, '""', '"é"', '"日本"'],
  ...['"\\u0061"', '"\\u0062"', '"\\ud800"', '"\ufffd"', '"\\u00e9"', '"__proto__"', '"\\uD83D\\uDE00"', '"\\/"'],
]
const numbers = [
  '0',
  '-0',
  '0.0',
  '-0.5',
  '1e5',
  '1E+5',
  '1e-5',
  '12345678901234567890',
  '1.0',
  '0e0',
  '1e999',
  '-1e-999',
]
const pieces = [
  ...[
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u0000',
    '\\u12aF',
    '\\ud83d\\ude00',
    '\\udead',
    '\\u2028',
  ],
  ...[
    'é',
    'ß',
    'ü',
    '日',
    '本',
    '語',
    '😀',
    '\u2028',
    '\u007f',
    '\u0080',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
  ],
  ...['\u{10000}', '\u{10ffff}', '\ufeff', '/', "'"],
]

const damage = (bytes: Buffer, integer: Integer): Buffer => {
  const at = integer(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + integer(4))
  const piece = integer(4) === 0 ? Buffer.of(integer(256)) : Buffer.from(pick(wrong, integer), 'latin1')
  const [head, part, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)]
  switch (integer(7)) {
    case 0:
      return Buffer.concat([head, tail])
    case 1:
      return Buffer.from(head)
    case 2:
      return Buffer.concat([head, part, part, tail])
    case 3:
      return Buffer.concat([head, tail.subarray(0, 1), part, tail.subarray(1)])
    case 4:
      return Buffer.concat([head, piece, bytes.subarray(at + 1)])
    default:
      return Buffer.concat([head, piece, part, tail])
  }
}

// One character is one byte.
const wrong = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '-', '+', '.', '0', '1', 'e', 'E', ' ', '\t', '\r', 'a', 'u', '/', "'"],
  ...[
    'true',
    'nul',
    'null',
    'NaN',
    '\\u',
    '\\u12',
    '\\x',
    '01',
    '1.',
    '.5',
    '1e',
    '-',
    '\x00',
    '\x1f',
    '\x7f',
    '\x0b',
    '//',
  ],
  ...[
    '\x80',
    '\xbf',
    '\xc0\xaf',
    '\xc1\xbf',
    '\xc2',
    '\xe0\x9f\xbf',
    '\xe0\xa0',
    '\xed\xa0\x80',
    '\xed\x9f\xbf',
    '\xef\xbb\xbf',
  ],
  ...[
    '\xf0\x8f\xbf\xbf',
    '\xf0\x90\x80',
    '\xf4\x8f\xbf\xbf',
    '\xf4\x90\x80\x80',
    '\xf5\x80\x80\x80',
    '\xf8',
    '\xff',
    '\xc3\xa9',
  ],
]
