import type { Path } from '../../core/json/path.js'
import { RecordField } from './fields.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** All of these fields must exist, with any value. */
export const examineRequired = (rule: { readonly paths: readonly Path[] }, places: Places): Examiner => {
  const fields = rule.paths.map(path => new RecordField(path, places(path)))
  return {
    examine(_, rows, row) {
      for (let at = 0; at < fields.length; at++) {
        if ((fields[at] as RecordField).start(rows, row) === -1) return verdicts.bad
      }
      return verdicts.good
    },
    describe: (_, rows, row) =>
      fields.filter(field => field.start(rows, row) === -1).map(field => field.violation('missing', 'is missing')),
  }
}
