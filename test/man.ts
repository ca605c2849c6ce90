import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'

const commands = readdirSync('src/commands')
  .filter(file => file.endsWith('.ts'))
  .map(file => file.replace('.ts', ''))
const pages = ['streamz', ...commands.map(name => `streamz-${name}`)].toSorted()

test('there is a man page of the program and of each command, and the package names them', t => {
  const { man } = JSON.parse(readFileSync('package.json', 'utf8')) as { man: string[] }
  t.deepEqual(man.toSorted(), pages.map(page => `dist/man/${page}.1`).toSorted())
  t.deepEqual(readdirSync('dist/man').toSorted(), pages.map(page => `${page}.1`).toSorted())
})

for (const page of pages) {
  test(`${page}(1) has its sections, and every line of text is safe`, t => {
    const source = readFileSync(`dist/man/${page}.1`, 'utf8')
    for (const section of ['NAME', 'SYNOPSIS', 'DESCRIPTION', '"EXIT STATUS"', '"SEE ALSO"']) {
      t.true(source.includes(`\n.SH ${section}\n`), section)
    }
    const requests = source.split('\n').filter(line => line.startsWith('.') || line.startsWith("'"))
    t.deepEqual(
      requests.filter(line => !/^\.(TH|SH|SS|PP|TP|IP|RS|RE|nf|fi|br|nh|ad|BR)( |$)/.test(line)),
      [],
    )
    const escapes = new Set(source.match(/\\./g))
    t.deepEqual(
      [...escapes].filter(found => !['\\-', '\\e', '\\&', '\\f'].includes(found)),
      [],
    )
  })
}

const hasGroff = spawnSync('groff', ['--version']).status === 0

for (const page of hasGroff ? pages : []) {
  test(`${page}(1) renders without a warning`, t => {
    const options = ['-man', '-Tutf8', '-K', 'utf8', '-ww', '-rLL=80n', '-P-c', '-P-b', '-P-u', `dist/man/${page}.1`]
    const { stdout, stderr, status } = spawnSync('groff', options, { encoding: 'utf8' })
    t.is(status, 0, stderr)
    t.is(stderr, '')
    t.true(stdout.includes('EXIT STATUS'))
  })
}
