import { examineEnum } from './enum.js'
import { examineFreshness } from './freshness.js'
import { examineMatch } from './match.js'
import { examineRange } from './range.js'
import { examineRequired } from './required.js'
import type { Examiner, Places, RecordRule } from './rule.js'
import { examineSchema } from './schema.js'
import { examineSorted } from './sorted.js'
import { examineType } from './type.js'
import { examineUnique } from './unique.js'

/** Creates the examiner of a rule. */
export const createExaminer = (rule: RecordRule, places: Places): Examiner => {
  switch (rule.kind) {
    case 'required':
      return examineRequired(rule, places)
    case 'type':
      return examineType(rule, places)
    case 'enum':
      return examineEnum(rule, places)
    case 'range':
      return examineRange(rule, places)
    case 'match':
      return examineMatch(rule, places)
    case 'unique':
      return examineUnique(rule, places)
    case 'sorted':
      return examineSorted(rule, places)
    case 'freshness':
      return examineFreshness(rule, places)
    case 'schema':
      return examineSchema(rule)
  }
}
