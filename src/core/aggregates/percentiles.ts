import type { Column, HeldBytes } from './column.js'
import { type Figure, readFigure } from './read-figure.js'

/** Remembers how numbers are spread, so that any quantile can be asked for. */
export type Sketch<Self> = {
  accept(value: number): void
  merge(other: Self): void
  getValueAtQuantile(quantile: number): number
}

export type SketchMaker<Kind extends Sketch<Kind>> = {
  readonly create: () => Kind
  /** About how many bytes one takes. */
  readonly measure: (sketch: Kind) => number
}

/** Percentiles of numbers, several of the same sketch. */
export const createPercentiles = <Kind extends Sketch<Kind>>(
  quantiles: readonly number[],
  { create, measure }: SketchMaker<Kind>,
  held: HeldBytes,
): Column => {
  const read: Figure = { value: 0, isInteger: false, long: undefined }
  const sketches: (Kind | undefined)[] = []

  const change = (row: number, act: (sketch: Kind) => void): void => {
    const known = sketches[row]
    const sketch = known ?? create()
    const before = known === undefined ? 0 : measure(known)
    act(sketch)
    sketches[row] = sketch
    held.bytes += measure(sketch) - before
  }

  return {
    wanted: 'a number',
    grow() {},
    begin() {},
    read: (bytes, start, end) => readFigure(read, bytes, start, end),
    add: row => change(row, sketch => sketch.accept(read.value)),
    merge(row, from) {
      const other = sketches[from]
      if (other !== undefined) change(row, sketch => sketch.merge(other))
    },
    clear(row) {
      const sketch = sketches[row]
      if (sketch !== undefined) held.bytes -= measure(sketch)
      sketches[row] = undefined
    },
    write(row, figure) {
      const value = sketches[row]?.getValueAtQuantile(quantiles[figure] as number)
      return value === undefined ? 'null' : JSON.stringify(value)
    },
  }
}
