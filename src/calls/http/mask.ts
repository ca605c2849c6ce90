/** Removes secrets from a text. */
export type Mask = (text: string) => string

/** Shorter ones would take common words out of every text. */
const shortest = 4

/** Hides these texts wherever they stand, as they are or as a URL, JSON (also within JSON), HTML or base64 would write them. */
export const createMask = (secrets: readonly string[]): Mask => {
  const forms = secrets.filter(secret => secret.length >= shortest).flatMap(writeEveryWay)
  if (forms.length === 0) return text => text
  // The longest first: a part of it may be a secret too.
  const sorted = [...new Set(forms)].sort((one, other) => other.length - one.length)
  const pattern = new RegExp(sorted.map(form => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  return text => text.replace(pattern, '***')
}

const writeEveryWay = (secret: string): string[] => [
  secret,
  encode(secret, encodeURIComponent),
  encode(secret, encodeURI),
  toJsonText(secret),
  toJsonText(toJsonText(secret)),
  secret.replace(/[&<>"']/g, sign => entities[sign] ?? sign),
  Buffer.from(secret).toString('base64'),
]

const toJsonText = (text: string): string => JSON.stringify(text).slice(1, -1)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// A lone surrogate cannot be encoded.
const encode = (text: string, how: (text: string) => string): string => {
  try {
    return how(text)
  } catch {
    return text
  }
}

/** What is secret in a URL: user and password, and for one that is secret as a whole each part of its path and query too. */
export const secretsOfUrl = (text: string, isWhole: boolean): string[] => {
  const [, user] = /\/\/([^/?#\s]*)@/.exec(text) ?? []
  const pair = user === undefined ? [] : splitPair(user)
  if (!isWhole) return pair
  const [, path = ''] = /^[a-z]+:\/\/[^/?#]*(.*)$/is.exec(text) ?? []
  const parts = path.split(/[/?#&=]/).flatMap(part => [part, decode(part)])
  return [text, ...pair, ...parts]
}

/** What is secret in a header: its value, what follows a first word, and what that means in the scheme `Basic`. */
export const secretsOfHeader = (value: string): string[] => {
  const rest = value.replace(/^[A-Za-z][\w-]* /, '')
  return [value, rest, ...(/^basic /i.test(value) ? splitPair(Buffer.from(rest, 'base64').toString()) : [])]
}

/** The secrets in a secret body: the whole body and each of its values. */
export const secretsOfBody = (text: string): string[] => [text, ...text.split('\n'), ...valuesOf(text)]

const valuesOf = (text: string): string[] => {
  try {
    const found: string[] = []
    JSON.parse(text.replace(/\{\.[^{}]*\}/g, '0'), (_, value) => {
      if (typeof value === 'string' || typeof value === 'number') found.push(String(value))
      return value
    })
    return found
  } catch {
    return text.split('&').flatMap(part => {
      const value = part.slice(part.indexOf('=') + 1)
      return [value, decode(value)]
    })
  }
}

const splitPair = (pair: string): string[] => {
  const colon = pair.indexOf(':')
  const texts = colon === -1 ? [pair] : [pair, pair.slice(0, colon), pair.slice(colon + 1)]
  return texts.flatMap(text => [text, decode(text)])
}

/** Decodes a percent-encoded text; returns it unchanged if it cannot be decoded. */
export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
