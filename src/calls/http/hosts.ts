/**
 * Whether a host is among those allowed: `api.example.com` with the usual port of its scheme, `api.example.com:8443`, or
 * `*.example.com` for every name below it.
 */
export const isAllowedHost = ({ hostname, host }: URL, allowed: readonly string[]): boolean =>
  allowed.some(entry => {
    // `host` leaves out the usual port.
    const name = entry.toLowerCase()
    if (!name.startsWith('*.')) return name === host
    const [suffix, port] = splitPort(name.slice(1))
    return hostname.endsWith(suffix) && host.slice(hostname.length) === port
  })

const splitPort = (name: string): readonly [string, string] => {
  const at = name.lastIndexOf(':')
  return at === -1 ? [name, ''] : [name.slice(0, at), name.slice(at)]
}
