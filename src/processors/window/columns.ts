import type { Column, HeldBytes } from '../../core/aggregates/column.js'
import { createDistinct } from '../../core/aggregates/distinct.js'
import { createExtremes } from '../../core/aggregates/extremes.js'
import type { AggregateSpec } from '../../core/aggregates/parse.js'
import { createPercentiles } from '../../core/aggregates/percentiles.js'
import { createPicks } from '../../core/aggregates/picks.js'
import { createSums } from '../../core/aggregates/sums.js'
import type { Path } from '../../core/json/path.js'

/** A column and the field it looks at. */
export type FieldColumn = { readonly path: Path; readonly column: Column }

export type Columns = {
  readonly fields: readonly FieldColumn[]
  /** For each figure its column and which of the column's figures it is; undefined for a count. */
  readonly figures: readonly { readonly name: string; readonly column: Column | undefined; readonly figure: number }[]
}

/** The columns for these figures: the sum and the average of a field share one, and so do its percentiles. */
export const createColumns = (
  specs: readonly AggregateSpec[],
  held: HeldBytes,
  createSketch: (() => DatadogSketch) | undefined,
): Columns => {
  const groups = new Map<string, ValueSpec[]>()
  for (const spec of specs) {
    if (spec.is === 'count') continue
    const kind = JSON.stringify([spec.is === 'avg' ? 'sum' : spec.is, spec.path.segments])
    groups.set(kind, [...(groups.get(kind) ?? []), spec])
  }
  const made = [...groups.values()].map(group => ({ group, column: createColumn(group, held, createSketch) }))
  return {
    fields: made.map(({ group: [first], column }) => ({ path: (first as ValueSpec).path, column })),
    figures: specs.map(spec => {
      const owner = made.find(({ group }) => group.some(other => other === spec))
      return { name: spec.name, column: owner?.column, figure: owner?.group.indexOf(spec as ValueSpec) ?? 0 }
    }),
  }
}

/** What is used of a sketch of `@datadog/sketches-js`. */
export type DatadogSketch = {
  accept(value: number): void
  merge(other: DatadogSketch): void
  getValueAtQuantile(quantile: number): number
  readonly store: { length(): number }
  readonly negativeStore: { length(): number }
}

type ValueSpec = Exclude<AggregateSpec, { readonly is: 'count' }>

const createColumn = (
  specs: readonly ValueSpec[],
  held: HeldBytes,
  createSketch: (() => DatadogSketch) | undefined,
): Column => {
  const { is } = specs[0] as ValueSpec
  if (is === 'min' || is === 'max') return createExtremes(is, held)
  if (is === 'first' || is === 'last') return createPicks(is, held)
  if (is === 'distinct') return createDistinct(held)
  if (is !== 'percentile') return createSums(specs.map(spec => (spec.is === 'avg' ? 'avg' : 'sum')))
  if (createSketch === undefined) throw new Error('Percentiles need sketches')
  const quantiles = specs.map(spec => (spec.is === 'percentile' ? spec.quantile : 0))
  return createPercentiles(quantiles, { create: createSketch, measure }, held)
}

const measure = ({ store, negativeStore }: DatadogSketch): number => 500 + 8 * (store.length() + negativeStore.length())
