/** What one group of figures is about: who competes, and what must hold. Cost is what counts: less is better. */
export type Row = {
  readonly title: string
  readonly unit: 's' | 'ms' | 'ns' | 'MB'
  /** Rounds of a whole run, and of a `--quick` one. */
  readonly rounds: readonly [whole: number, quick: number]
  /** Ours first, then its floor, then the rivals. */
  readonly contenders: readonly Contender[]
  readonly targets: readonly Target[]
  readonly note?: string
}

export type Contender = {
  readonly name: string
  /** A program that must be installed. */
  readonly needs?: string
  /** Takes seconds: it takes part in every third round only. */
  readonly slow?: boolean
  /** A shell command line whose seconds are the cost, or work that tells its cost itself. */
  readonly run: string | (() => number | Promise<number>)
}

/** A promise: a figure made of the medians, and its bound. */
export type Target = {
  readonly what: string
  readonly figure: (median: (name: string) => number) => number
  readonly atLeast?: number
  readonly atMost?: number
}

/** The first is at least so many times as fast as the second. */
export const faster = (ours: string, rival: string, atLeast: number): Target => ({
  what: `${ours} against ${rival}`,
  figure: median => median(rival) / median(ours),
  atLeast,
})

/** The first costs at most so many times what the second does. */
export const within = (ours: string, rival: string, atMost: number): Target => ({
  what: `${ours} of ${rival}`,
  figure: median => median(ours) / median(rival),
  atMost,
})

/** What the rows of a group are made for. */
export type Setting = {
  readonly quick: boolean
  /** How many small records the stream rows have. */
  readonly records: number
  /** A file with so many of them, made once. */
  readonly data: (records: number) => string
  /** The command line of this build, as a shell word or two. */
  readonly streamz: string
  /** `node FILE` of a script beside this one, as shell words. */
  readonly script: (name: string) => string
  /** A folder for what the rows write, gone at the end. */
  readonly folder: string
}

/** What a file in `rows/` exports. */
export type RowGroup = { readonly describeRows: (setting: Setting) => readonly Row[] }
