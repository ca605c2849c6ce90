/** The code of a system error such as `ENOENT`, or an empty text. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Why something could not be read or written, in words for the user; `missing` is what is not there. */
export const describeSystemError = (error: unknown, missing: 'file' | 'folder' = 'file'): string => {
  const code = systemCode(error)
  if (code === 'ENOENT') return `no such ${missing}`
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  EIO: 'input/output error',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file size limit is reached',
  ENXIO: 'it is a named pipe without a reader',
  EAGAIN: 'it is a pipe that is full',
}
