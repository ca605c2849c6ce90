/** The health according to checks; undefined before the first one. Pure. */
export type Health = {
  readonly verdict: boolean | undefined
  /** Number of checks in a row that contradict the current health. */
  readonly against: number
}

export type HealthOptions = {
  /** Successful checks in a row that make it healthy. */
  readonly rise: number
  /** Failed checks in a row that make it unhealthy. */
  readonly fall: number
}

export const unknownHealth: Health = { verdict: undefined, against: 0 }

/** The health after one more check. The first one applies at once; then, as in HAProxy, it takes `rise` successes or `fall` failures in a row. */
export const judgeHealth = (health: Health, good: boolean, { rise, fall }: HealthOptions): Health => {
  if (health.verdict === undefined || good === health.verdict) return { verdict: good, against: 0 }
  const row = health.against + 1
  return row >= (good ? rise : fall) ? { verdict: good, against: 0 } : { verdict: health.verdict, against: row }
}
