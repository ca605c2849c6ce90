/** Finds the signs of a regular expression, one after the other: a quantifier is one, lazy or not, and so is a class. */
export const patternToken =
  /\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|k<[^>]*>|[pP]\{[^}]*\}|\d+|.)|\[(?:[^\]\\]|\\.)*\]|\(\?(?:[:=!>#|]|<[=!]|P?<|[a-z-]+[:)]?)?|[*+?]\??|\{\d+(?:,\d*)?\}\??|\{,\d+\}|./gs
