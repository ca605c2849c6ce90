import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../../core/io/system-error.js'
import { nameTemporary, removeQuietly } from '../files/temporary.js'
import { mendLastLine, type TornLine } from '../files/torn-line.js'
import { StoreError } from '../store-error.js'

/** What to do if a file with the name exists: refuse it, append to it, or replace it. */
export type Existing = 'refuse' | 'append' | 'overwrite'

export type PartOptions = {
  readonly existing: Existing
  readonly wall: () => number
  /** Called when an incomplete last line, left by a crash, was cut off a file that is appended to. */
  readonly onTorn: (path: string, torn: TornLine) => void
}

/** The temporary name of an output file. */
export const partOf = (path: string): string => `${path}.part`

/** An unfinished output file: everything is written to `path.part`, which is renamed to `path` if the run succeeds. */
export type Part = {
  readonly path: string
  /** Opens it, the first time creating it; the caller closes the descriptor. Throws. */
  open(): number
  /** Opens the written file again; throws if it is not there any more. */
  reopen(): number
  /** Renames it to its final name. Throws. */
  publish(): void
}

/** Throws a StoreError when there is something of the name that must not be touched. */
export const createPart = (path: string, options: PartOptions): Part => new AsidePart(path, options)

// A class: functions of its own for each of many thousand files would take several times the memory.
class AsidePart implements Part {
  readonly #options: PartOptions
  readonly #old: Stats | undefined
  readonly #left: Stats | undefined
  // Not all that is known of a file, which is a kilobyte.
  #own: Pick<Stats, 'dev' | 'ino'> | undefined

  constructor(
    readonly path: string,
    options: PartOptions,
  ) {
    this.#options = options
    this.#old = look(path)
    this.#left = look(partOf(path))
    if (options.existing !== 'refuse') return
    if (this.#old !== undefined) throw alreadyThere(path)
    if (this.#left !== undefined) throw leftOver(path)
  }

  open(): number {
    if (this.#own !== undefined) return this.reopen()
    const file = this.#create()
    const { dev, ino } = fstatSync(file)
    this.#own = { dev, ino }
    return file
  }

  reopen(): number {
    const part = partOf(this.path)
    const file = openSync(part, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
    const stats = fstatSync(file)
    if (isSame(stats, this.#own)) return file
    closeSync(file)
    throw new StoreError(
      'foreign',
      `${part} was replaced by another file meanwhile; do not run two commands that write the same files`,
    )
  }

  publish(): void {
    const { path } = this
    const { existing } = this.#options
    const now = look(path)
    if (existing === 'append' && this.#left === undefined && !isUnchanged(now, this.#old)) {
      throw new StoreError('busy', `${path} was changed by another process`)
    }
    if (existing !== 'refuse') return renameSync(partOf(path), path)
    if (now !== undefined) throw alreadyThere(path)
    giveNewName(partOf(path), path)
  }

  #create(): number {
    const { path } = this
    const { existing } = this.#options
    makeFolder(dirname(path))
    if (existing === 'overwrite' && this.#left !== undefined) unlinkSync(partOf(path))
    if (existing === 'append') return this.#goOn()
    return openSync(partOf(path), create_, 0o666)
  }

  #goOn(): number {
    const { path } = this
    const part = partOf(path)
    if (this.#left === undefined) {
      if (this.#old === undefined) return openSync(part, create_, 0o666)
      copyAside(path)
    }
    const { wall, onTorn } = this.#options
    const file = openSync(part, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW)
    try {
      const torn = mendLastLine(file, { path, wall: wall() })
      if (torn !== undefined) onTorn(path, torn)
      return file
    } catch (error) {
      closeSync(file)
      throw error
    }
  }
}

// Half a copy must never be taken for what an earlier run has left.
const copyAside = (path: string): void => {
  const temporary = nameTemporary(path)
  try {
    copyFileSync(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    renameSync(temporary, partOf(path))
  } catch (error) {
    removeQuietly(temporary)
    throw error
  }
}

const create_ = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND

/** The error for a file that already exists. */
export const alreadyThere = (path: string): StoreError =>
  new StoreError('foreign', `${path} already exists; use --append, --overwrite or another name`)

/** The error for a file that an earlier run left unfinished. */
export const leftOver = (path: string): StoreError =>
  new StoreError(
    'foreign',
    `${partOf(path)} was left by a failed run, or is being written now; --append continues it, --overwrite starts again, or move it away`,
  )

const look = (path: string): Stats | undefined => {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isFile()) return stats
  const what = stats.isSymbolicLink() ? 'a symbolic link and is not followed' : 'not a regular file'
  throw new StoreError('foreign', `${path} is ${what}; use the name of a regular file`)
}

const isSame = (one: Stats, other: Pick<Stats, 'dev' | 'ino'> | undefined): boolean =>
  one.ino === other?.ino && one.dev === other.dev

const isUnchanged = (now: Stats | undefined, old: Stats | undefined): boolean =>
  now === undefined || old === undefined
    ? now === old
    : isSame(now, old) && now.size === old.size && now.mtimeMs === old.mtimeMs

// A folder is made for many names at once.
const made = new Set<string>()

const makeFolder = (folder: string): void => {
  if (made.has(folder)) return
  mkdirSync(folder, { recursive: true })
  made.add(folder)
}

// A rename would replace what another process has put there since we looked. Not every file system has links.
const giveNewName = (part: string, path: string): void => {
  try {
    linkSync(part, path)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyThere(path)
    return renameSync(part, path)
  }
  unlinkSync(part)
}
