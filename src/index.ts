/**
 * The library face: the processors of the command line tool for programs of your own, and wrappers that make Node and Web
 * transform streams of them.
 */

export { chain } from './core/chain.js'
export { type Clock, createFakeClock, realClock } from './core/clock.js'
export { type Expression, parseExpression } from './core/expressions/parse.js'
export { type Attempts, Failure, type FailureClass, type Kind } from './core/failure.js'
export { type Path, parsePath } from './core/json/path.js'
export { createScanner, type Scanner } from './core/json/scan.js'
export { type Line, Lines } from './core/lines.js'
export type { Context, CreateProcessor, Emit, Processor } from './core/processor.js'
export { createGcra, createLimit, type Limit } from './core/rules/gcra.js'
export { fromObjects, type ObjectOptions, toObjects } from './objects.js'
export { type BatchOptions, createBatch as batch } from './processors/batch.js'
export { type CheckFindings, createFindings, type RuleFinding } from './processors/check/findings.js'
export type { CheckRule } from './processors/check/rule.js'
export { type CheckOptions, createCheck as check } from './processors/check.js'
export { createFilter as filter, type FilterOptions } from './processors/filter.js'
export { createMap as map, type MapOptions } from './processors/map.js'
export { createSkip as skip } from './processors/skip.js'
export { createTake as take } from './processors/take.js'
export { createLeadingEdge as leadingEdge } from './processors/throttle/leading-edge.js'
export { createThrottle as throttle, type ThrottleOptions } from './processors/throttle.js'
export { createUnbatch as unbatch } from './processors/unbatch.js'
export { type StreamOptions, toTransform, toTransformStream } from './streams.js'
