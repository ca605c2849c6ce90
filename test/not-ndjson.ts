import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { streamz } from './helpers/cli.js'
import { makeFolder } from './helpers/temporary-folder.js'

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const utf32 = (text: string) => Buffer.concat([...text].map(letter => Buffer.from([letter.charCodeAt(0), 0, 0, 0])))

/** An input, what the hint says it looks like, and the command that it names. */
const inputs: Readonly<Record<string, readonly [input: string | Buffer, what: RegExp, how: RegExp]>> = {
  'pretty-printed objects': ['{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n', /pretty-printed JSON/, /jq -c \. in \|/],
  'an object with its first member on the first line': ['{ "a": 1,\n  "b": 2 }\n', /pretty-printed/, /jq -c \. in/],
  'an array over lines': ['[\n1,\n[2],\n3\n]\n', /one array over many lines/, /jq -c '\.\[\]' in \|/],
  'an array of pretty objects': ['[\n  {\n    "a": 1\n  }\n]\n', /one array/, /jq -c '\.\[\]' in/],
  'an array with a first element': ['[{"a":1},\n{"a":2}]\n', /one array/, /jq -c '\.\[\]' in/],
  'the inside of an array': ['{"a":1},\n{"a":2},\n', /the lines of one array/, /jq -c '\.\[\]' in/],
  'values on one line': ['{"a":1} {"a":2}\n', /several JSON values on a line/, /jq -c \. in/],
  'values without a blank': ['{"a":1}{"a":2}{"a":3}\n', /several JSON values/, /jq -c \. in/],
  'json-seq': ['\u001e{"a":1}\n\u001e{"a":2}\n', /JSON text sequence/, /jq --seq -c \. in/],
  'UTF-16 with a mark': [utf16('{"a":1}\n{"a":2}\n'), /UTF-16/, /iconv -f UTF-16 -t UTF-8 in/],
  'UTF-16 without one': [utf16('{"a":1}\n').subarray(2), /UTF-16/, /iconv -f UTF-16/],
  'UTF-32': [utf32('{"a":1}\n'), /UTF-32/, /iconv -f UTF-32 -t UTF-8/],
  'a byte order mark in the middle': ['{"a":1}\n\ufeff{"a":2}\n', /byte order mark in the middle/, /sed 's\/\^\\xEF/],
  NaN: ['{"a":NaN}\n', /words that are not JSON/, /null instead of NaN/],
  nan: ['[1,nan]\n', /words that are not JSON/, /null instead of nan/],
  '-Infinity': ['{"a":-Infinity}\n', /words that are not JSON/, /null instead of -Infinity/],
  'None and True': ['{"a":None,"b":True}\n', /words that are not JSON/, /null instead of None/],
  'single quotes': ["{'a': 1}\n", /single quotes/, /json\.dumps/],
  'keys without quotes': ['{a: 1}\n', /JSON5 or JavaScript/, /yq/],
  'comments at the beginning': ['// orders\n{"a":1}\n', /JSON with comments/, /remove the comments/],
  'comments at the end': ['{"a":1} # one\n', /JSON with comments/, /remove the comments/],
  'a trailing comma': ['{"a":1,}\n', /a comma after the last member/, /yq/],
  CSV: ['id,name,total\n1,ann,3.5\n', /CSV/, /mlr --icsv --ojsonl cat in \|/],
  'CSV with semicolons': ['id;name;total\n1;ann;3,5\n', /CSV/, /mlr --icsv --ifs semicolon/],
  TSV: ['id\tname\n1\tann\n', /TSV/, /mlr --itsv --ojsonl cat in/],
  'server-sent events': ['event: order\ndata: {"a":1}\n\n', /server-sent events/, /sed -n 's\/\^data: \*\/\/p' in/],
  XML: ['<?xml version="1.0"?>\n<a/>\n', /XML or HTML/, /xq -c \. in/],
  YAML: ['---\na: 1\n', /YAML/, /yq -o json/],
  logfmt: ['level=info msg=started port=80\n', /logfmt/, /mlr --idkvp/],
  'lines of text': ['hello world\nand more\n', /lines of text/, /--raw-input/],
}
for (const [name, [input, what, how]] of Object.entries(inputs)) {
  test(`${name}: one hint`, async t => {
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in'), input)
    const { exitCode, stderr } = await streamz(t, ['batch', '--size', '9', 'in'], { cwd })
    t.is(exitCode, 1)
    const hints = stderr.split('\n').filter(line => line.includes('The input looks like'))
    t.regex(hints[0] ?? '', what)
    t.regex(hints[0] ?? '', how)
    // With its first failure, and once more at the end when there were others.
    const failures = stderr.split('\n').filter(line => line.startsWith('{"$streamz"')).length
    t.is(hints.length, failures > 1 ? 2 : 1)
    t.is(new Set(hints).size, 1)
    t.true(stderr.indexOf('The input looks like') > stderr.indexOf('"kind":"parse"'))
    const piped = await streamz(t, ['batch', '--size', '9', '--quiet'], { cwd, stdin: input })
    t.false(piped.stderr.includes('looks like'))
  })
}

const packed: Readonly<Record<string, readonly [input: Buffer, how: RegExp]>> = {
  zstd: [Buffer.from('28b52ffd0458490000', 'hex'), /zstd -dc/],
  bzip2: [Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(20, 7)]), /bzip2 -dc/],
  xz: [Buffer.from('fd377a585a000004e6d6b446', 'hex'), /xz -dc/],
  zip: [Buffer.from('504b0304140000000800', 'hex'), /unzip -p/],
}
for (const [name, [input, how]] of Object.entries(packed)) {
  test(`${name} is an error, not records`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['take', '9'], { stdin: input })
    t.deepEqual([exitCode, String(stdout)], [74, ''])
    t.regex(stderr, new RegExp(`Cannot read standard input: it is compressed with ${name}, but only gzip`))
    t.regex(stderr, how)
  })
}

test('what only begins like something packed is read', async t => {
  for (const input of ['B\n', 'BZ\n', 'BZh is text\n', '(a)\n', 'PK\n', 'P', 'BZh9', '\x1f']) {
    const { exitCode, stdout } = await streamz(t, ['take', '9'], { stdin: input })
    t.deepEqual([exitCode, String(stdout)], [0, input.endsWith('\n') ? input : `${input}\n`])
  }
  const { stdout } = await streamz(t, ['take', '9'], { stdin: gzipSync('1\n2\n') })
  t.is(String(stdout), '1\n2\n')
})

test('one bad record among good ones does not indicate another format', async t => {
  const good = Array.from({ length: 9 }, (_, n) => `{"n":${n}}\n`).join('')
  for (const bad of ['{"n":1,"cut":{\n', 'oops\n', 'a,b,c\n', '[\n']) {
    const { exitCode, stderr } = await streamz(t, ['batch', '--size', '9'], { stdin: good + bad })
    t.is(exitCode, 1)
    t.false(stderr.includes('looks like'), stderr)
  }
})
