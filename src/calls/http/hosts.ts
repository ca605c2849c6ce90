/**
 * Whether a host is among those allowed: `api.example.com` with the usual port of its scheme, `api.example.com:8443`, or
 * `*.example.com` for every name below it. `http://api.example.com` is for that scheme alone.
 */
export const isAllowedHost = (url: URL, allowed: readonly string[]): boolean =>
  allowed.some(entry => matches(url, parseEntry(entry)))

/** Whether one of these entries says that the host may be reached unencrypted. */
export const isAllowedPlainly = (url: URL, allowed: readonly string[]): boolean =>
  allowed.some(entry => {
    const parsed = parseEntry(entry)
    return parsed.scheme === 'http:' && matches(url, parsed)
  })

type Entry = { readonly scheme: string | undefined; readonly name: string; readonly port: string | undefined }

const parseEntry = (text: string): Entry => {
  const [, scheme, name = '', port] = /^(https?:)?(?:\/\/)?(.*?)(?::(\d+))?$/.exec(text.toLowerCase()) ?? []
  return { scheme, name, port }
}

const matches = ({ protocol, hostname, port }: URL, entry: Entry): boolean => {
  if (entry.scheme !== undefined && entry.scheme !== protocol) return false
  const usual = protocol === 'https:' ? '443' : '80'
  if ((port || usual) !== (entry.port ?? usual)) return false
  return entry.name.startsWith('*.') ? hostname.endsWith(entry.name.slice(1)) : hostname === entry.name
}
