import { systemCode } from '../core/io/system-error.js'

/**
 * Why a store did not do what was asked: `busy` the lock could not be acquired in time; `unreadable` what is there makes no sense or
 * may not be read, `unwritable` it may not be written, `full` no space left, `newer` written by a newer version and left
 * alone, `foreign` something else lies there (a symbolic link, a folder, another program's file) and is left alone,
 * `unreachable` who keeps it does not answer: what was asked may have been done; `exhausted` its memory is full for now; `refused`
 * it does not let us in, or we do not trust it; `missing` a package that is needed is not installed.
 */
export type StoreErrorCode =
  | 'busy'
  | 'unreadable'
  | 'unwritable'
  | 'full'
  | 'newer'
  | 'foreign'
  | 'unreachable'
  | 'exhausted'
  | 'refused'
  | 'missing'

/** A store that cannot be used now. `code` tells the caller whether it makes sense to continue without it. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  /** What to do next, in a sentence of its own. */
  readonly advice: string | undefined

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: { cause?: unknown; advice?: string },
  ) {
    super(message, options)
    this.advice = options?.advice
  }
}

/** Whether the same may work later without anybody changing anything. */
export const isTemporary = ({ code }: StoreError): boolean =>
  code === 'busy' || code === 'unreachable' || code === 'exhausted'

/** Turns the error of a failed read of `path` into one that says what to do. */
export const explainRead = (error: unknown, path: string): StoreError => {
  if (error instanceof StoreError) return error
  const code = systemCode(error)
  const advice: Record<string, string> = {
    ELOOP: `${path} is a symbolic link and is not followed; use the file it points to`,
    EACCES: `${path} cannot be read by this user; use a file of your own, or change its owner`,
    EISDIR: `${path} is a folder, expected a file`,
    ENOTDIR: `${path} is below something that is not a folder; use another path`,
  }
  const known = advice[code] ?? `${path} could not be read: ${describe(error)}`
  return new StoreError(code === 'ELOOP' || code === 'EISDIR' ? 'foreign' : 'unreadable', known, { cause: error })
}

/** Turns the error of a failed write of `path` into one that says what to do. */
export const explainWrite = (error: unknown, path: string): StoreError => {
  if (error instanceof StoreError) return error
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new StoreError(
      'full',
      `No space to write ${path} (${code}); free some space, or use a file on another disk`,
      {
        cause: error,
      },
    )
  const advice: Record<string, string> = {
    ELOOP: `${path} is a symbolic link and is not followed; use the file it points to`,
    EISDIR: `${path} is a folder, expected a file`,
    ENOENT: `The folder of ${path} does not exist; create it with mkdir -p, or use another path`,
    ENOTDIR: `${path} is below something that is not a folder; use another path`,
    EACCES: `This user cannot write in the folder of ${path}; use a file in a folder of your own`,
    EPERM: `This user cannot write in the folder of ${path}; use a file in a folder of your own`,
    EROFS: `${path} is on a read-only file system; use a file on another one`,
    ENAMETOOLONG: `The name of ${path} is too long, its lock and temporary files need 60 more characters; shorten it`,
  }
  const kind = code === 'ELOOP' || code === 'EISDIR' ? 'foreign' : 'unwritable'
  return new StoreError(kind, advice[code] ?? `${path} could not be written: ${describe(error)}`, {
    cause: error,
  })
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error))
