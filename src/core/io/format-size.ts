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
