import { isUtf8 } from 'node:buffer'
import { hashId } from '../../core/envelope.js'
import { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import { readString } from '../../core/json/read-string.js'
import { Rows } from '../../core/json/rows.js'
import { joinLines, type Line, type Lines } from '../../core/lines.js'
import type { Transform } from '../../core/stage.js'

/**
 * `--raw-input`: each line of text becomes a JSON string; text that is not UTF-8 cannot, nor can one that becomes longer than
 * the next stage reads.
 */
export const toJsonStrings =
  (maxLine: number): Transform =>
  lines => {
    const ready: Line[] = []
    for (const line of lines) {
      const text = line.bytes.subarray(0, line.bytes.length - 1)
      if (!isUtf8(text)) {
        const failure = new Failure('parse', 'input', `Line ${line.number} is not UTF-8 text`)
        return { ready: joinLines(ready), bad: { line, failure } }
      }
      const bytes = Buffer.from(`${JSON.stringify(text.toString())}\n`)
      if (bytes.length - 1 > maxLine) {
        const message = `Line ${line.number} would be a JSON string of ${bytes.length - 1} bytes, but the next stage reads at most ${maxLine}; --max-line sets the limit there too`
        return { ready: joinLines(ready), bad: { line, failure: new Failure('output_too_large', 'input', message) } }
      }
      ready.push({ ...line, bytes })
    }
    return { ready: joinLines(ready), bad: undefined }
  }

/** `--raw-output`: strings are written as text, as with `jq -r`; other values unchanged. */
export const toText = (lines: Lines): Lines => {
  const rows = new Rows()
  let changed = false
  const texts = [...lines].map(line => {
    const start = rows.scanAlone(line.bytes) ? (rows.valueStarts[0] as number) : -1
    if (line.bytes[start] !== 0x22) return line
    const text = readString(line.bytes, start, rows.valueEnds[0] as number)
    if (text === undefined) return line
    changed = true
    return { ...line, bytes: Buffer.from(`${text}\n`) }
  })
  return changed ? joinLines(texts) : lines
}

/** `--id PATH`: the text of the field, or its JSON if it is not a string; records without it get a hash. */
export const readId = (path: Path): ((line: Line) => string) => {
  const find = findText(path)
  return line => find(line) ?? hashId(line)
}

/**
 * The same where a hash will not do, as equal lines of other days have it too. Throws a `Failure` of kind `field` for a
 * record without the field.
 */
export const requireId = (path: Path): ((line: Line) => string) => {
  const find = findText(path)
  return line => {
    const id = find(line)
    if (id !== undefined) return id
    throw new Failure('field', 'input', `Record has no field ${path.text} for --id, which --idempotency-key sends`)
  }
}

const findText = (path: Path): ((line: Line) => string | undefined) => {
  const rows = new Rows([path])
  return ({ bytes }) => {
    if (!rows.scanAlone(bytes)) return undefined
    const start = rows.starts[0] as number
    const end = rows.ends[0] as number
    if (start === -1) return undefined
    return readString(bytes, start, end) ?? bytes.toString('utf8', start, end)
  }
}
