/** A count in at most five characters, as it is read at a glance: `940`, `12.4k`, `3.1M`. */
export const formatBriefCount = (count: number): string => {
  if (count < 1000) return String(count)
  let value = count / 1000
  let unit = 0
  // 999.96k would be shown as 1000k: rounded first.
  while (brief(value) >= 1000 && unit < thousands.length - 1) {
    value /= 1000
    unit++
  }
  return `${brief(value)}${thousands[unit]}`
}

const thousands = ['k', 'M', 'G', 'T']
const brief = (value: number) => (value < 100 ? Math.round(value * 10) / 10 : Math.round(value))

/** A count with its thousands apart, `1,234,567`, the same in every locale. */
export const formatCount = (count: number): string => String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',')
