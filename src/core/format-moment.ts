/** `18:40`, with its day when that is another one. */
export const formatMoment = (wall: number, now: number): string => {
  // A minute that has begun is not over: nobody comes too early.
  const date = new Date(Math.ceil(wall / 60_000) * 60_000)
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

/** `02:04:12 +01:00`: the time here with its zone, and its day when that is another one than today. */
export const formatLocal = (wall: number, now: number): string => {
  const date = new Date(wall)
  if (Number.isNaN(date.getTime())) return String(wall)
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

const two = (number: number) => String(number).padStart(2, '0')
