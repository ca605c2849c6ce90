import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { loadSchema } from '../../../src/commands/check/schema/load.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

// Files of the suite that are not among the fixtures, and why:
//   refRemote, optional/cross-draft       schemas of a web server: nothing is ever fetched
//   dynamicRef, optional/dynamicRef       `$dynamicRef` is refused (exit 2): ajv decides it wrongly
//   vocabulary, optional/format-assertion meta-schemas of one's own are refused (exit 2)
//   optional/ecmascript-regex, non-bmp-regex, format/ecmascript-regex, format/regex
//                                         patterns are those of the linear engine, see docs/check.md
//   optional/float-overflow, content      optional in the standard, ajv has none of it
//   optional/unknownKeyword               an `$id` inside a keyword that is not known
//   format/idn-email, idn-hostname, iri, iri-reference, unknown
//                                         formats that are not known are refused (exit 2)
const folder = 'test/fixtures/data/json-schema-test-suite/tests'

type Group = {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

/** Where we decide otherwise than the suite, ajv nearly always; each must still do so, or it has to leave this list. The beginning is enough. */
const deviations = readFileSync(join(folder, '../deviations.txt'), 'utf8').trim().split('\n')

for (const draft of ['draft7', 'draft2020-12']) {
  for (const part of ['', 'optional', 'optional/format']) {
    test(`the official suite of ${draft} ${part}: every verdict but those that are listed`, async t => {
      const schemas = makeFolder(t)
      const wrong: string[] = []
      let right = 0
      for (const file of listFiles(join(folder, draft, part))) {
        const groups = JSON.parse(readFileSync(join(folder, draft, part, file), 'utf8')) as readonly Group[]
        for (const [index, group] of groups.entries()) {
          const name = `${draft} ${join(part, file)}: ${group.description}`
          const path = join(schemas, `${file}-${index}.json`)
          writeFileSync(path, JSON.stringify(withDialect(group.schema, draft)))
          for (const one of await judge(path, group)) {
            if (one.isRight) right++
            else wrong.push(`${name}: ${one.description}`)
          }
        }
      }
      const inside = part === '' ? '' : `${part}/`
      const listed = deviations.filter(name => new RegExp(`^${draft} ${inside}[^/:]+:`).test(name))
      t.deepEqual(
        wrong.filter(name => !listed.some(begin => name.startsWith(begin))),
        [],
      )
      t.deepEqual(
        listed.filter(begin => !wrong.some(name => name.startsWith(begin))),
        [],
        'no deviations any more',
      )
      t.true(right > 10)
    })
  }
}

const listFiles = (path: string) => readdirSync(path).filter(name => name.endsWith('.json'))

/** The suite of draft-07 says nothing of the dialect, and then it is another. */
const withDialect = (schema: unknown, draft: string): unknown =>
  draft === 'draft7' && typeof schema === 'object' && schema !== null && !('$schema' in schema)
    ? { $schema: 'http://json-schema.org/draft-07/schema#', ...schema }
    : schema

const judge = async (path: string, { tests }: Group) => {
  try {
    const { validate } = await loadSchema(path, false)
    return tests.map(({ description, data, valid }) => ({
      description,
      isRight: (validate(data).length === 0) === valid,
    }))
  } catch (error) {
    return [{ description: `refused: ${String(error)}`, isRight: false }]
  }
}
