/** Milliseconds in each unit people write durations in, from the largest. */
export const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

/**
 * Milliseconds as people write them in flags, `250ms`, `1.5s`, `90s` or `1h30m`: to the millisecond, below 10 ms to its
 * hundredth. What is whole to that is read back as the same number.
 */
export const formatDuration = (ms: number): string => {
  const whole = ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms)
  if (whole === 0) return '0s'
  if (whole < units.s) return `${whole}ms`
  // 60s and 90s are said so, in flags as among people.
  if (whole < 2 * units.m) return `${whole / units.s}s`
  let rest = whole
  let text = ''
  for (const unit of ['d', 'h', 'm'] as const) {
    const count = Math.floor(rest / units[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * units[unit]
  }
  return rest === 0 ? text : `${text}${rest / units.s}s`
}
