import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** The calls that change a disk: between any two of them a process can die, at any of them the disk can fail. */
export const changingCalls = [
  'openSync',
  'writeSync',
  'fsyncSync',
  'closeSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
] as const
export type ChangingCall = (typeof changingCalls)[number]

/** Puts `before` in front of every changing call of `node:fs`; the returned function takes it away again. */
export const patchFs = (before: (name: ChangingCall, args: readonly unknown[]) => void): (() => void) => {
  const originals = changingCalls.map(name => [name, fs[name]] as const)
  for (const [name, original] of originals) {
    const patched = (...args: unknown[]) => {
      before(name, args)
      return Reflect.apply(original, fs, args)
    }
    Object.assign(fs, { [name]: patched })
  }
  syncBuiltinESMExports()
  return () => {
    for (const [name, original] of originals) Object.assign(fs, { [name]: original })
    syncBuiltinESMExports()
  }
}
