/** A value that a server keeps, as its URL says. */
export type ServerAddress = {
  readonly engine: 'redis' | 'nats'
  /** The connection it needs: the URL without password and name. */
  readonly server: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly user: string | undefined
  readonly password: string | undefined
  /** Number of the database, or name of the bucket. */
  readonly room: string
  readonly name: string
  /** The URL as it may be shown: without the password. */
  readonly shown: string
}

/** Whether a text names a server instead of a file. */
export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** What a URL says; a text instead: what is wrong with it. The text never repeats the URL, which may hold a password. */
export const parseAddress = (text: string): ServerAddress | string => {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase()
  const kind = Object.hasOwn(kinds, scheme) ? kinds[scheme as keyof typeof kinds] : undefined
  if (kind === undefined) return `${scheme}:// is not a scheme of a state; use redis://, rediss:// or nats://`
  // Only of schemes that it knows does URL read the host like this.
  const http = `http${text.slice(scheme.length)}`
  const url = URL.canParse(http) ? new URL(http) : undefined
  const parts = url === undefined ? [] : url.pathname.split('/').slice(1)
  if (url === undefined || url.hostname === '') return `it is not a URL; use ${kind.example}`
  if (url.search !== '' || url.hash !== '') return `it must end with the name, without ? and #; use ${kind.example}`
  const [first = '', second] = parts
  const room = second === undefined && kind.engine === 'redis' ? '0' : first
  const name = (second === undefined && kind.engine === 'redis' ? first : second) ?? ''
  if (parts.length > 2 || !kind.room.test(room) || !names.test(name))
    return `it must end with ${kind.path}, each of up to 100 letters, digits, ., _ and -; use ${kind.example}`
  const port = Number(/:(\d+)$/.exec(hostOf(text))?.[1] ?? kind.port)
  const decode = (part: string) => (part === '' ? undefined : decodeOr(part))
  const user = decode(url.username)
  const at = user === undefined ? '' : `${encodeURIComponent(user)}@`
  const place = `${scheme}://${at}${url.hostname}${port === kind.port ? '' : `:${port}`}`
  const server = kind.engine === 'redis' && room === '0' ? place : `${place}/${room}`
  return {
    engine: kind.engine,
    server,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    tls: scheme === 'rediss',
    user,
    password: decode(url.password),
    room,
    name,
    shown: `${server}/${name}`,
  }
}

// Longer than told: what belongs to a value has a name with a few more words.
const names = /^[\w-][\w.-]{0,199}$/
const redis = {
  engine: 'redis',
  port: 6379,
  room: /^\d{1,5}$/,
  path: 'NAME, or the number of a database and NAME',
  example: 'redis://HOST/NAME',
} as const
const kinds = {
  redis,
  rediss: { ...redis, example: 'rediss://HOST/NAME' },
  nats: {
    engine: 'nats',
    port: 4222,
    room: /^[\w-]{1,100}$/,
    path: 'BUCKET/NAME',
    example: 'nats://HOST/BUCKET/NAME',
  },
} as const

const hostOf = (text: string): string => /^[^/]*\/\/([^/?#]*)/.exec(text)?.[1] ?? ''

const decodeOr = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
