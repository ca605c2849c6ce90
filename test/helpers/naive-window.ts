/** A record as the models see it. */
export type Visit = { readonly at: number; readonly k: string; readonly v: number | null; readonly id: number }

/** What becomes of the records: windows in the order in which they leave, and the ids of those that are late. */
export type Divided = {
  readonly windows: readonly { readonly start: number; readonly end: number; readonly visits: readonly Visit[] }[]
  readonly late: readonly number[]
}

/** Windows of time, as a list of all windows looked through for each record would divide them. */
export const divideByTime = (visits: readonly Visit[], size: number, slide: number, lateness: number): Divided => {
  const open: { start: number; end: number; visits: Visit[] }[] = []
  const windows: Divided['windows'][number][] = []
  const late: number[] = []
  let latest = Number.NEGATIVE_INFINITY
  for (const visit of visits) {
    latest = Math.max(latest, visit.at)
    let isIn = false
    for (let start = -slide * 200; start <= visit.at; start += slide) {
      const end = start + size
      if (start > visit.at || end <= visit.at || end <= latest - lateness) continue
      isIn = true
      const known = open.find(one => one.start === start && one.visits[0]?.k === visit.k)
      if (known === undefined) open.push({ start, end, visits: [visit] })
      else known.visits.push(visit)
    }
    if (!isIn) late.push(visit.id)
    leave(open, windows, ({ end }) => end <= latest - lateness)
  }
  leave(open, windows, () => true)
  return { windows, late }
}

/** Sessions, as they are when all records of a key that have not left are sorted and cut where the gap is too long. */
export const divideBySessions = (visits: readonly Visit[], gap: number, lateness: number): Divided => {
  let held: Visit[] = []
  const windows: Divided['windows'][number][] = []
  const late: number[] = []
  let latest = Number.NEGATIVE_INFINITY
  const leaveAll = (isOver: (end: number) => boolean) => {
    const open = [...new Set(held.map(({ k }) => k))].flatMap(k =>
      cutIntoSessions(
        held.filter(one => one.k === k),
        gap,
      ),
    )
    leave(open, windows, ({ end }) => isOver(end))
    held = held.filter(one => open.some(({ visits: left }) => left.includes(one)))
  }
  for (const visit of visits) {
    latest = Math.max(latest, visit.at)
    const isNear = held.some(({ k, at }) => k === visit.k && Math.abs(at - visit.at) <= gap)
    if (!isNear && visit.at + gap < latest - lateness) late.push(visit.id)
    else held.push(visit)
    leaveAll(end => end < latest - lateness)
  }
  leaveAll(() => true)
  return { windows, late }
}

const cutIntoSessions = (visits: readonly Visit[], gap: number) => {
  const sessions: { start: number; end: number; visits: Visit[] }[] = []
  for (const visit of visits.toSorted((a, b) => a.at - b.at)) {
    const last = sessions.at(-1)
    if (last !== undefined && visit.at <= last.end) {
      last.end = visit.at + gap
      last.visits.push(visit)
    } else sessions.push({ start: visit.at, end: visit.at + gap, visits: [visit] })
  }
  for (const one of sessions) one.visits.sort((a, b) => a.id - b.id)
  return sessions
}

/** Windows of so many records of a key. */
export const divideByCount = (visits: readonly Visit[], count: number): Divided => {
  const open = new Map<string, Visit[]>()
  const windows: Divided['windows'][number][] = []
  const end = (one: readonly Visit[]) => {
    const times = one.map(({ at }) => at)
    windows.push({ start: Math.min(...times), end: Math.max(...times), visits: one })
  }
  for (const visit of visits) {
    const held = [...(open.get(visit.k) ?? []), visit]
    open.set(visit.k, held)
    if (held.length < count) continue
    end(held)
    open.delete(visit.k)
  }
  for (const held of open.values()) end(held)
  return { windows, late: [] }
}

const leave = <One extends { readonly end: number; readonly visits: readonly Visit[] }>(
  open: One[],
  windows: One[],
  isOver: (one: One) => boolean,
): void => {
  const over = open.filter(isOver)
  over.sort((a, b) => a.end - b.end || (a.visits[0]?.id ?? 0) - (b.visits[0]?.id ?? 0))
  windows.push(...over)
  for (const one of over) open.splice(open.indexOf(one), 1)
}

/** The figures that `agg` asks for. */
export const summarize = (visits: readonly Visit[]) => {
  const known = visits.flatMap(({ v }) => (v === null ? [] : [v]))
  const byTime = visits.toSorted((a, b) => a.at - b.at)
  const sum = known.reduce((total, v) => total + v, 0)
  const or = (figure: number) => (known.length === 0 ? null : figure)
  return {
    n: visits.length,
    sum: or(sum),
    avg: or(sum / known.length),
    min: or(Math.min(...known)),
    max: or(Math.max(...known)),
    first: byTime[0]?.id,
    last: byTime.at(-1)?.id,
    distinct: new Set(known).size,
  }
}

export const agg =
  'n=count, sum=sum(.v), avg=avg(.v), min=min(.v), max=max(.v), first=first(.id), last=last(.id), distinct=distinct(.v)'
