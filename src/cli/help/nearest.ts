/**
 * The word that was probably meant: the one fewest edits away, two at most and no more than half of it (an insertion,
 * a deletion, a substitution or a swap of neighbours: Damerau-Levenshtein, each stretch edited once), or the shortest
 * that begins with what was typed, or its plural. Undefined when nothing is near.
 */
export const nearest = (word: string, words: readonly string[]): string | undefined => {
  const typed = word.toLowerCase()
  let best: string | undefined
  let least = 3
  for (const candidate of words) {
    const edits = distance(typed, candidate.toLowerCase())
    if (edits < least && edits * 2 <= candidate.length) {
      best = candidate
      least = edits
    }
  }
  const plural = typed.replace(/y$/, 'ies')
  best ??= words.find(candidate => plural !== typed && candidate.toLowerCase() === plural)
  return best ?? shortest(typed.length < 2 ? [] : words.filter(candidate => candidate.toLowerCase().startsWith(typed)))
}

const shortest = (words: readonly string[]) =>
  words.reduce<string | undefined>(
    (best, word) => (best === undefined || word.length < best.length ? word : best),
    undefined,
  )

const distance = (from: string, to: string): number => {
  if (Math.abs(from.length - to.length) > 2) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let edits = Math.min(
        cell(above, column) + 1,
        cell(current, column - 1) + 1,
        cell(above, column - 1) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) edits = Math.min(edits, cell(before, column - 2) + 1)
      current.push(edits)
    }
    before = above
    above = current
  }
  return cell(above, to.length)
}

const cell = (row: readonly number[], column: number) => row[column] ?? Number.POSITIVE_INFINITY
