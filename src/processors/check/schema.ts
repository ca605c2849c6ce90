import { type Examiner, type RecordRule, type Violation, verdicts } from './rule.js'

/** The record must be valid under a schema. */
export const examineSchema = ({ validate }: RecordRule & { readonly kind: 'schema' }): Examiner => {
  let found: readonly Violation[] = []
  return {
    examine(bytes, rows, row) {
      return (
        this.judge?.(JSON.parse(bytes.toString('utf8', rows.valueStarts[row], rows.valueEnds[row]))) ?? verdicts.good
      )
    },
    judge(value) {
      found = validate(value)
      return found.length === 0 ? verdicts.good : verdicts.bad
    },
    describe: () => found,
  }
}
