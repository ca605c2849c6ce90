/** A part of an argument: text to keep, or the path of a field to put in. */
export type Piece = string | { readonly path: string }

/**
 * Cuts `--id={.user.id}` into text and paths. `{{` is a brace and `}}` closes it as one; every other brace is text, so
 * that JSON and awk programs pass. Throws a `RangeError` when a `{.` is not closed; `shown` is what the text is called there.
 */
export const splitPlaceholders = (template: string, shown = `Argument ${JSON.stringify(template)}`): Piece[] => {
  const pieces: Piece[] = []
  let text = ''
  let doubled = 0
  for (let at = 0; at < template.length; ) {
    if (template.startsWith('{{', at)) {
      text += '{'
      doubled += 1
      at += 2
    } else if (doubled > 0 && template.startsWith('}}', at)) {
      text += '}'
      doubled -= 1
      at += 2
    } else if (template.startsWith('{.', at)) {
      const end = findClose(template, at + 1, shown)
      if (text !== '') pieces.push(text)
      pieces.push({ path: template.slice(at + 1, end) })
      text = ''
      at = end + 1
    } else {
      text += template[at]
      at += 1
    }
  }
  if (text !== '') pieces.push(text)
  return pieces
}

/** The brace that closes a path, which may have quoted parts: `{."odd } key"}`. */
const findClose = (template: string, start: number, shown: string): number => {
  let quoted = false
  for (let at = start; at < template.length; at++) {
    const character = template[at]
    if (quoted && character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (character === '}' && !quoted) return at
  }
  throw new RangeError(`${shown} has a {. without a closing }, expected a field like {.user.id}; write {{ for a brace`)
}
