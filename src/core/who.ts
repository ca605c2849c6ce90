/** Who did something, beside `host:pid`: nothing of it is an argument, a name of a record or a secret. */
export type Who = {
  /** `ann`, or behind sudo `ann as root`. */
  readonly user?: string
  /** The name of the stage. */
  readonly stage?: string
  /** The command line as far as it may be stored. */
  readonly line?: string
  /** Tells whether that process still runs: when it started, which run of the machine, which process namespace. */
  readonly started?: string
  readonly boot?: string
  readonly namespace?: string
}

/** `ann on ci-7:4711 (nightly)`: the stage is in the parentheses, or else the command line without its options. */
export const nameWho = (by: string, { user, stage, line }: Who = {}): string => {
  const from = user === undefined ? by : `${user} on ${by}`
  const what = stage ?? (line === undefined ? undefined : withoutOptions(line))
  return what === undefined ? from : `${from} (${what})`
}

const withoutOptions = (line: string): string => {
  const [head = '', program] = line.split(' -- ')
  const words = head.split(' -', 1)[0] ?? ''
  return program === undefined ? words : `${words} -- ${program}`
}

/** Who, out of a file that anything may have written to; undefined: it does not say. */
export const parseWho = (value: unknown): Who | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const texts = Object.entries(value).filter(
    ([name, text]) => names.includes(name) && typeof text === 'string' && text.length <= maxText,
  )
  return texts.length === 0 ? undefined : Object.fromEntries(texts)
}

/** Longest text in it, so that a state stays small. */
export const maxText = 200

const names: readonly string[] = ['user', 'stage', 'line', 'started', 'boot', 'namespace'] satisfies (keyof Who)[]
