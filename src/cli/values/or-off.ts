import { type ValueParser, valueParser } from './value-parser.js'

/** The same value, or `off` for a rule that is switched off. */
export const orOff = <T>(parse: ValueParser<T>): ValueParser<T | 'off'> =>
  valueParser(
    { wanted: `${parse.wanted}, or off`, example: parse.example, ...(parse.closed ? { closed: true } : {}) },
    text => (text === 'off' ? text : parse(text)),
  )
