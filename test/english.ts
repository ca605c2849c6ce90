import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

// Phrases that were once translated word for word, and what engineers say instead. They stay out of everything people read.
const phrases: readonly (readonly [RegExp, string])[] = [
  [/no more than so many/i, 'at most N; limit the rate'],
  [/the rest waits/i, 'records over it wait'],
  [/\bis no (valid )?JSON\b/i, 'is not valid JSON'],
  [
    /\b(is|are|was|holds|has) no (array|number|shell|field path|regular file|file|string|state|function|log|lock|URL)\b/i,
    'is not a …',
  ],
  [/what may pass/i, 'temporary failures'],
  [/\b(may|can) pass is tried again/i, 'temporary failures are retried'],
  [/tried again/i, 'retried'],
  [/\bWho would\b/i, 'records that would'],
  [/\bis (forced )?(open|closed) since\b/i, 'has been open since'],
  [/what runs has/i, 'running calls have'],
  [/again to end it now/i, 'Ctrl-C again to stop now'],
  [/for a connection to stand/i, 'time allowed to connect'],
  [/\b0 for (never|no end)\b/i, '0: no limit'],
  [/(check|checks|knowing) who answers/i, "verify the server's certificate"],
  [/\banybody may\b/i, "do not verify the server's certificate"],
  [/lock was not had/i, 'the lock could not be acquired'],
  [/what came out are/i, 'all other records came out unchanged and in order'],
  [/but nobody tells/i, 'the outcome is not recorded'],
  [/\bcount no (attempt|failure)\b/i, 'do not count an attempt'],
  [/\b(some|any|no)body\b/i, 'a person, a process, nothing'],
  [/\bwhoever\b/i, 'name who it is'],
  [/\bso many (records|entries|failures|redirects|probes|replays)\b/i, 'N records'],
  [/\bof no use\b/i, 'cannot be used'],
  [/\b(begins?|starts?) anew\b/i, 'starts again'],
  [/\bleft alone by all\b/i, 'no call is made'],
  [/\bis tidied up\b/i, 'is cleaned up'],
  [/(?<!there )\b(is|are) no (?!longer|more|larger|smaller|later|limit)[a-z]/i, 'is not a …'],
  [/\bwhat is promised\b/i, 'Guarantees'],
  [/\bthe very same bytes\b/i, 'records keep their exact bytes'],
  [/\bleaves? byte for byte\b/i, 'records keep their exact bytes'],
  [/\bdoes not go with\b/i, 'cannot be used with'],
  [/\bgoes with (?!it\b)/i, 'needs; can be used with'],
  [/\bNo (?!command\b)\S+ is given\b/i, 'No … was given'],
  [/; give (a|an|the|another|\$)|: give (a|an|the|another) /i, 'expected …; use …'],
  [
    /\bstands? (behind|in front|first|to the right|in (single|double) quotes)\b/i,
    'comes after; comes before; must be in quotes',
  ],
  [/\b(is|are) (put )?behind (it|them|their names)\b/i, 'follows it; is added to it'],
  [/\b(is|are) told\b/i, 'is reported; says; prints a message'],
  [/\btells (it|how many|that)\b/i, 'says'],
  [/\b(is|are|be) left alone\b/i, 'is not changed'],
  [/\bso long after\b/i, 'this long after'],
  [/\bso many (bytes|of)\b/i, 'this many; N'],
  [/\bwhat (comes|waits|passes|is held|is dropped|is violated|is not chosen)\b/i, 'records that …'],
  [/\blets? out\b/i, 'pass on; write'],
  [/\blooked into\b/i, 'parsed'],
  [/\bwrites? on\b/i, 'append'],
  [/\banew\b/i, 'again'],
  [/\bis held against\b|\bhold (records )?against\b/i, 'is checked with'],
]

const root = new URL('../..', import.meta.url).pathname

const listFiles = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name))

// What a program can print: text in quotes, without names of files and comments.
const quoted = (source: string): string =>
  source
    .split('\n')
    .map(line =>
      /^\s*(\/\/|\/\*|\*|import )/.test(line) ? '' : [...line.matchAll(/'[^']*'|"[^"]*"|`[^`]*`?/g)].join(' '),
    )
    .join('\n')

const check = test.macro({
  exec(t, path: string) {
    const source = readFileSync(join(root, path), 'utf8')
    const lines = (path.endsWith('.ts') ? quoted(source) : source).split('\n')
    const found = lines.flatMap((line, index) =>
      phrases.flatMap(([phrase, better]) => {
        const words = phrase.exec(line)?.[0]
        return words === undefined ? [] : [`${path}:${index + 1}: ${words}; say: ${better}`]
      }),
    )
    t.deepEqual(found, [])
  },
  title: (_, path) => `${path} is in plain English`,
})

for (const path of ['README.md', 'CONTRIBUTING.md', ...listFiles('docs', '.md'), ...listFiles('src', '.ts')])
  test(check, path)

test('the phrases are found where they stand', t => {
  t.regex(quoted(`throw new Error('Line 1 is no JSON')`), phrases[2]?.[0] ?? /never/)
  t.is(quoted('// Somebody must'), '')
})
