/** How a program is told to write each line at once. `program`: its base name. */
export const describeUnbuffered = (program: string): string => {
  const known = switches.find(([name]) => name.test(program))?.[1]
  if (known !== undefined) return `${program} ${known}`
  return `stdbuf -oL ${program}, or python -u, jq --unbuffered, sed -u, awk with fflush()`
}

// Those that know better than the C library when to write.
const switches: readonly (readonly [RegExp, string])[] = [
  [/^(python|pypy)[\d.]*$/, '-u'],
  [/^(jq|jaq)$/, '--unbuffered'],
  [/^g?sed$/, '-u'],
  [/^[efz]?grep$/, '--line-buffered'],
  [/^[gmn]?awk$/, 'with fflush() after each line'],
]
