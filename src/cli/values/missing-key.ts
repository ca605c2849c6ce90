import { choice } from './choice.js'

/** What becomes of a record without the key, where it is not to fail. */
export const missingKey = choice(['pass', 'drop'])
