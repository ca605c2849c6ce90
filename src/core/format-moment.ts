/** `18:40`, with its day when that is another one. */
export const formatMoment = (wall: number, now: number): string => {
  // A minute that has begun is not over: nobody comes too early.
  const date = new Date(Math.ceil(wall / 60_000) * 60_000)
  const two = (number: number) => String(number).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}
