/** Why something could not be written, in words for the user. */
export const describeWriteError = ({ code, message }: NodeJS.ErrnoException): string => {
  const words: Record<string, string> = {
    ENOSPC: 'no space left on the device',
    EDQUOT: 'the disk quota is used up',
    EFBIG: 'the file size limit is reached',
    EIO: 'input/output error',
    EACCES: 'permission denied',
    ENOENT: 'no such folder',
    EISDIR: 'it is a folder',
  }
  return words[code ?? ''] ?? message
}
