import { choice } from './choice.js'

/** What to do with a record without the key, if it should not fail. */
export const missingKey = choice(['pass', 'drop'])
