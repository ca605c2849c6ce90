import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { shell } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'
import { parseXml } from '../../helpers/xml.js'

const page = readFileSync('docs/check-in-ci.md', 'utf8')

/** The lines that a job of the page runs, as its runner would give them to a shell; what installs is left out. */
const readJob = (title: string): string => {
  const section = page.split(`## ${title}\n`)[1] ?? ''
  const yaml = /^```yaml\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? ''
  const block = /run: \|\n((?: {10}.*\n)+)/.exec(yaml)?.[1]?.replace(/^ {10}/gm, '')
  return block ?? [...yaml.matchAll(/^ {4}- (streamz .*)$/gm)].map(([, line]) => line).join('\n')
}

for (const [title, told] of [
  [
    'GitHub Actions',
    /^::error file=orders\.ndjson,line=6,title=check%3A unique \.id::\.id \(a number\) is the same as in an earlier record$/m,
  ],
  ['GitLab', /FAIL {2}unique \.id .*1 violation/],
] as const) {
  test(`the job for ${title} passes on good data, and fails on bad with its reports`, async t => {
    const script = readJob(title)
    t.regex(script, /^streamz check /)
    const cwd = makeFolder(t)
    copyFileSync('test/fixtures/orders.ndjson', join(cwd, 'orders.ndjson'))
    const run = (before: string) =>
      shell(t, `set -e; ${before}${script}`, {
        cwd,
        env: { GITHUB_WORKSPACE: cwd, GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') },
      })
    const good = await run('')
    t.deepEqual([good.exitCode, String(good.stdout)], [0, ''], good.stderr)
    t.is(parseXml(readFileSync(join(cwd, 'report.xml'), 'utf8')).attributes.failures, '0')
    const bad = await run(`head -1 orders.ndjson >>orders.ndjson; `)
    t.is(bad.exitCode, 1)
    t.regex(bad.stderr, told)
    t.is(parseXml(readFileSync(join(cwd, 'report.xml'), 'utf8')).attributes.failures, '1')
    t.is(readFileSync(join(cwd, 'bad.ndjson'), 'utf8').trim().split('\n').length, 1)
    t.is(existsSync(join(cwd, 'summary.md')), title === 'GitHub Actions')
  })
}
