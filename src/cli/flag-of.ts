/** The flag of an option by its key: `stateCacert` is `--state-cacert`. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
