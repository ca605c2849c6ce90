import { valueParser } from './value-parser.js'

/** For an option whose value may be empty. */
export const anyText = valueParser({ wanted: 'text', example: "''" }, text => text)
