/** Whether something is healthy, judged by checks; undefined before the first one. Pure. */
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

/** The health after one more check. The first one decides; then, as HAProxy counts, `rise` good ones in a row bring it up, `fall` bad ones down. */
export const judgeHealth = (health: Health, good: boolean, { rise, fall }: HealthOptions): Health => {
  if (health.verdict === undefined || good === health.verdict) return { verdict: good, against: 0 }
  const row = health.against + 1
  return row >= (good ? rise : fall) ? { verdict: good, against: 0 } : { verdict: health.verdict, against: row }
}
