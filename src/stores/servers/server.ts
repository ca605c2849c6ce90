import type { StoreError } from '../store-error.js'

/** A value as a server keeps it. */
export type KeptValue = {
  /** What the server calls this version of it. */
  readonly revision: string
  /** Tokens of the writes that led to it, the newest first. */
  readonly tokens: readonly string[]
  readonly bytes: Buffer
}

/** What is written: `tokens` begins with that of this write. */
export type Draft = Pick<KeptValue, 'tokens' | 'bytes'> & {
  /** Milliseconds until the server may forget it. */
  readonly lifetime: number
}

/** What came of a write: the version that it made, or what is there instead of the expected one. */
export type Swapped =
  | { readonly isDone: true; readonly revision: string }
  | { readonly isDone: false; readonly entry: KeptValue | undefined }

/** One value on a server. All may fail with whatever the `explain` of its server understands; none waits for a server that is away. */
export type Cell = {
  load(): Promise<KeptValue | undefined>
  /** The token of the newest write, cheaper than all of it. */
  look(): Promise<string | undefined>
  /** Writes when the version there is this one; undefined: when there is none. */
  swap(expected: string | undefined, draft: Draft): Promise<Swapped>
}

/** A connection to a server that keeps values. It connects again by itself. */
export type Server = {
  /** What may make it forget values, as far as it tells. */
  findRisks(): Promise<readonly string[]>
  cell(name: string): Cell
  /** Names of the values that begin with this. */
  list(prefix: string): Promise<readonly string[]>
  /** Resolves when questions can be asked; rejects when the server lets nobody in. */
  ready(): Promise<void>
  /** The time of the server, milliseconds since 1970. */
  wall(): number
  /** Any error as one that says what to do. */
  explain(error: unknown): StoreError
  close(): Promise<void>
}

export type Credentials = {
  readonly password?: string | undefined
  /** Certificates to trust, PEM. */
  readonly ca?: string | undefined
  /** Text of a NATS credentials file. */
  readonly creds?: string | undefined
}
