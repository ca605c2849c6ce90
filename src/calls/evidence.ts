import { addFacts, Failure } from '../core/failure.js'

/** Maximum number of bytes of output that are kept with a failure. */
export const maxEvidence = 4096

/** The first part of an output as text, at most 4 KiB; undefined if it is empty. */
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
