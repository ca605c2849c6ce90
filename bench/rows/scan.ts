import { parsePath } from '../../src/core/json/path.js'
import { createScanner } from '../../src/core/json/scan.js'
import { createRandom } from '../../test/helpers/json-fuzz.js'
import { faster, type Row, type Setting } from '../row.js'

/** The scanner against JSON.parse of each line, in memory. */
export const describeRows = ({ quick }: Setting): readonly Row[] =>
  Object.entries(shapes).map(([name, shape]) => describeShape(name, shape, quick ? 1e6 : 4e6))

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

type Shape = { readonly make: () => unknown; readonly path: string }

const shapes: Readonly<Record<string, Shape>> = {
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

/** The first two are what most records look like; the others are told without a promise. */
const targets: Readonly<Record<string, number>> = { small: 4, medium: 3 }

const describeShape = (name: string, { make, path }: Shape, size: number): Row => {
  const { bytes, ends } = makeLines(make, size)
  const each = (look: (start: number, end: number) => boolean) => () => {
    const before = performance.now()
    for (let line = 0; line < ends.length; line++) {
      const good = look(line === 0 ? 0 : (ends[line - 1] as number), ends[line] as number)
      if (!good) throw new Error(`Line ${line + 1} of ${name} is refused`)
    }
    return ((performance.now() - before) * 1e6) / ends.length
  }
  const plain = createScanner()
  const finding = createScanner([parsePath(path)])
  const contenders = [
    { name: 'scan', run: each((start, end) => plain.scan(bytes, start, end)) },
    {
      name: `scan, ${path} found`,
      run: each((start, end) => finding.scan(bytes, start, end) && finding.starts[0] !== -1),
    },
    { name: 'JSON.parse', run: each((start, end) => JSON.parse(bytes.toString('utf8', start, end)) !== undefined) },
  ]
  // The compiler has its say before anything is measured.
  for (let round = 0; round < 3; round++) for (const { run } of contenders) run()
  const wanted = targets[name]
  return {
    title: `A line scanned in memory: ${name}, ${Math.round(bytes.length / ends.length)} B`,
    unit: 'ns',
    rounds: [9, 5],
    contenders,
    targets: wanted === undefined ? [] : [faster('scan', 'JSON.parse', wanted)],
  }
}

const makeLines = (make: () => unknown, size: number) => {
  const lines: Buffer[] = []
  const ends: number[] = []
  for (let end = 0; end < size; ends.push(end)) {
    const line = Buffer.from(`${JSON.stringify(make())}\n`)
    lines.push(line)
    end += line.length
  }
  return { bytes: Buffer.concat(lines), ends: Int32Array.from(ends) }
}
