import { InvalidValue } from './invalid-value.js'

/** The address of `http://127.0.0.1:8080/health`, http or https. Throws `InvalidValue`. */
export const webAddress = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new InvalidValue(text, 'is no web address', 'one with http:// or https://', 'http://127.0.0.1:8080/health')
}
