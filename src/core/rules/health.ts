/** Whether something is healthy, judged by checks in a row; undefined until the first verdict. Pure. */
export type Health = {
  readonly verdict: boolean | undefined
  /** Checks in a row that spoke against the verdict. */
  readonly against: number
}

export type HealthOptions = {
  /** Good checks in a row that make it healthy. */
  readonly rise: number
  /** Bad checks in a row that make it unhealthy. */
  readonly fall: number
}

export const unknownHealth: Health = { verdict: undefined, against: 0 }

/** The health after one more check, as HAProxy counts: `rise` good ones in a row bring it up, `fall` bad ones down. */
export const judgeHealth = (health: Health, good: boolean, { rise, fall }: HealthOptions): Health => {
  if (good === health.verdict) return { verdict: good, against: 0 }
  // Before the first verdict a change of mind begins a new row: positive counts good checks, negative bad ones.
  const row =
    health.verdict !== undefined ? health.against + 1 : good === health.against >= 0 ? Math.abs(health.against) + 1 : 1
  if (row >= (good ? rise : fall)) return { verdict: good, against: 0 }
  return { verdict: health.verdict, against: health.verdict === undefined && !good ? -row : row }
}
