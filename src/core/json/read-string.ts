/** The text of a JSON string, quotes at both ends of the range; undefined when the value there is something else. */
export const readString = (bytes: Buffer, start: number, end: number): string | undefined => {
  if (end - start < 2 || bytes[start] !== 0x22 || bytes[end - 1] !== 0x22) return undefined
  const text = bytes.toString('utf8', start + 1, end - 1)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text // A JSON text in quotes is a string.
}
