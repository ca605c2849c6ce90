import { units } from './values/duration.js'

/** Milliseconds as people write them, `1h30m` or `1.5s`: to the millisecond, below 10 ms to its hundredth. */
export const formatDuration = (ms: number): string => {
  const whole = ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms)
  if (whole < units.s) return whole === 0 ? '0s' : `${whole}ms`
  let rest = whole
  let text = ''
  for (const unit of ['d', 'h', 'm'] as const) {
    const count = Math.floor(rest / units[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * units[unit]
  }
  return rest === 0 ? text : `${text}${rest / units.s}s`
}

/** Bytes as people write them, `512B`, `64KiB` or `1.5MiB`: to a tenth of a unit of 1024. */
export const formatSize = (bytes: number): string => {
  let value = bytes
  let unit = 0
  // 1023.96KiB would be shown as 1024KiB: rounded first.
  while (tenths(value) >= 1024 && unit < sizes.length - 1) {
    value /= 1024
    unit++
  }
  return `${tenths(value)}${sizes[unit]}`
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const tenths = (value: number) => Math.round(value * 10) / 10

/** A count with its thousands apart, `1,234,567`, the same in every locale. */
export const formatCount = (count: number): string => String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',')
