/** Milliseconds as people write them in flags: `200ms`, `1.5s`, `10m`. */
export const formatDuration = (ms: number): string => {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`
  if (ms >= 1000 && ms % 100 === 0) return `${ms / 1000}s`
  return `${ms}ms`
}
