import { fstatSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Whether a descriptor is a terminal. Asking Node loads all of its streams, 4 ms of a start: not for a file, a pipe or /dev/null. */
export const isTerminal = (fd: number): boolean => {
  const stats = fstatSync(fd)
  return stats.isCharacterDevice() && stats.rdev !== nothing() && isatty(fd)
}

const nothing = () => statSync('/dev/null', { throwIfNoEntry: false })?.rdev
