// Scanner against JSON.parse(utf8) per line, in memory: `node build/bench/kernel/scan.js [rounds]`.
// All contenders take turns in every round; medians of the rounds after three warm-up rounds.
import { performance } from 'node:perf_hooks'
import { parsePath } from '../../src/core/path.js'
import { createScanner } from '../../src/core/scan.js'
import { createRandom } from '../../test/helpers/json-fuzz.js'

const random = createRandom(1)
const integer = (below: number) => Math.floor(random() * below)
const hex = (length: number) => Array.from({ length }, () => integer(16).toString(16)).join('')
const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu'.split(' ')
const word = () => words[integer(words.length)] as string
const prose = (count: number) => Array.from({ length: count }, word).join(' ')
const url = (kind: string) => `https://api.example.com/${kind}/${hex(16)}`

const small = () => ({
  id: integer(1e6),
  user: `user-${integer(1e4)}`,
  action: word(),
  amount: integer(1e5) / 100,
  ok: random() < 0.5,
  time: `2026-11-23T10:00:${10 + integer(50)}.123Z`,
})
const commit = () => ({
  sha: hex(40),
  author: { email: `${hex(6)}@example.com`, name: `${word()} ${word()}` },
  message: prose(6 + integer(6)),
  distinct: random() < 0.5,
  url: url('commits'),
})
const medium = () => ({
  id: hex(12),
  type: 'PushEvent',
  actor: { id: integer(1e7), login: `user${integer(1e5)}`, url: url('users'), avatar: url('avatars') },
  repo: { id: integer(1e8), name: `${word()}/${word()}`, url: url('repos'), stars: integer(1e4), forks: integer(100) },
  payload: {
    push: integer(1e9),
    size: integer(10),
    ref: 'refs/heads/main',
    head: hex(40),
    commits: Array.from({ length: 4 }, commit),
  },
  public: true,
  scores: Array.from({ length: 8 }, () => integer(1000)),
  created: '2026-11-23T10:00:00Z',
})

const shapes: Record<string, { make: () => unknown; path: string }> = {
  small: { make: small, path: '.user' },
  medium: { make: medium, path: '.repo.name' },
  'strings of 4 KB': { make: () => ({ text: prose(800).slice(0, 4096) }), path: '.text' },
  'escape-dense': { make: () => ({ text: Array.from({ length: 60 }, () => `${hex(6)}\n`).join('') }), path: '.text' },
  'number-dense': { make: () => Array.from({ length: 20 }, () => random() * 1000 - 500), path: '[3]' },
  'short integers': { make: () => Array.from({ length: 60 }, () => integer(1000)), path: '[3]' },
  'accented Latin': {
    make: () => ({ id: integer(1e6), name: 'Zoë Müller', city: 'Málaga', text: prose(8) }),
    path: '.name',
  },
  Japanese: { make: () => ({ id: integer(1e6), title: '日本語のテキスト'.repeat(1 + integer(3)) }), path: '.title' },
}

const rounds = Number(process.argv[2] ?? 9)
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number

console.log(`Node ${process.versions.node}, ${rounds} rounds; MB/s and ratio to JSON.parse`)
for (const [name, { make, path }] of Object.entries(shapes)) {
  const lines: Buffer[] = []
  for (let size = 0; size < 4e6; )
    size += lines[lines.push(Buffer.from(`${JSON.stringify(make())}\n`)) - 1]?.length ?? 0
  const bytes = Buffer.concat(lines)
  let end = 0
  const ends = Int32Array.from(lines, line => {
    end += line.length
    return end
  })
  const each = (look: (start: number, end: number) => void) => () => {
    for (let line = 0; line < ends.length; line++)
      look(line === 0 ? 0 : (ends[line - 1] as number), ends[line] as number)
  }
  const plain = createScanner()
  const finding = createScanner([parsePath(path)])
  const contenders: [string, () => void][] = [
    ['JSON.parse', each((start, end) => JSON.parse(bytes.toString('utf8', start, end)))],
    ['scan', each((start, end) => plain.scan(bytes, start, end) || process.exit(1))],
    [
      `scan ${path}`,
      each((start, end) => (finding.scan(bytes, start, end) && finding.starts[0] !== -1) || process.exit(1)),
    ],
  ]
  const seconds = contenders.map((): number[] => [])
  for (let round = -3; round < rounds; round++) {
    for (const [at, [, run]] of contenders.entries()) {
      const before = performance.now()
      run()
      if (round >= 0) seconds[at]?.push((performance.now() - before) / 1000)
    }
  }
  const medians = seconds.map(median)
  const row = contenders.map(([contender], at) => {
    const taken = medians[at] as number
    return `${contender} ${(bytes.length / taken / 1e6).toFixed(0)} (${((medians[0] as number) / taken).toFixed(1)}x)`
  })
  console.log(`${name}, ${Math.round(bytes.length / lines.length)} B: ${row.join(', ')}`)
}
