type ParsedLine = { readonly line: string; readonly value: unknown; readonly isGood: boolean }

/** What is in lines for who parses every one; blank ones are left out. */
export const parseLines = (text: string): readonly ParsedLine[] =>
  text.split('\n').flatMap((line): ParsedLine[] => {
    if (line.trim() === '') return []
    try {
      return [{ line, value: JSON.parse(line) as unknown, isGood: true }]
    } catch {
      return [{ line, value: undefined, isGood: false }]
    }
  })
