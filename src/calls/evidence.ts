import { addFacts, Failure } from '../core/failure.js'

/** Bytes of what was said that are kept with a failure. */
export const maxEvidence = 4096

/** The beginning of some output as text, 4 KiB at most; undefined when there is none. */
export const firstText = (bytes: Buffer): string | undefined => {
  if (bytes.length === 0) return undefined
  if (bytes.length <= maxEvidence) return bytes.toString()
  let end = maxEvidence
  // The cut may go through a character.
  while (end > maxEvidence - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** The same failure with the end of what was said on stderr and the beginning of the output; any other error as it is. */
export const withEvidence = (error: unknown, stderr: string, output: Buffer): unknown => {
  const text = firstText(output)
  if (!(error instanceof Failure) || (stderr === '' && text === undefined)) return error
  return addFacts(error, { ...(stderr === '' ? {} : { stderr }), ...(text === undefined ? {} : { output: text }) })
}
