import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a URL that starts with http:// or https://'
const example = 'http://127.0.0.1:8080/health'

/** The address of `http://127.0.0.1:8080/health`, http or https. Throws `InvalidValue`. */
export const webAddress = valueParser({ wanted, example }, (text): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new InvalidValue(text, 'is not a web address', wanted, example)
})
