/**
 * The library face: the processors of the command line tool for programs of your own, and wrappers that make Node and Web
 * transform streams of them.
 */

export { chain } from './core/chain.js'
export { type Clock, createFakeClock, realClock } from './core/clock.js'
export { type Attempts, Failure, type FailureClass, type Kind } from './core/failure.js'
export { type Path, parsePath } from './core/json/path.js'
export { createScanner, type Scanner } from './core/json/scan.js'
export { type Line, Lines } from './core/lines.js'
export type { Context, CreateProcessor, Emit, Processor } from './core/processor.js'
export { createGcra, createLimit, type Limit } from './core/rules/gcra.js'
export { createRandom } from './core/rules/random.js'
export { fromObjects, type ObjectOptions, toObjects } from './objects.js'
export { type BatchOptions, createBatch as batch } from './processors/batch.js'
export { type BufferOptions, createBuffer as buffer } from './processors/buffer.js'
export { createDebounce as debounce, type DebounceOptions } from './processors/debounce.js'
export { createChanges as changes, createDedupe as dedupe, type DedupeOptions } from './processors/dedupe.js'
export { createMap as map, type MapOptions } from './processors/map.js'
export { createReservoir as reservoir, type ReservoirOptions } from './processors/sample/reservoir.js'
export { createSample as sample, type SampleOptions } from './processors/sample.js'
export { createSkip as skip } from './processors/skip.js'
export { createTake as take } from './processors/take.js'
export { createLeadingEdge as leadingEdge } from './processors/throttle/leading-edge.js'
export { createThrottle as throttle, type ThrottleOptions } from './processors/throttle.js'
export { createUnbatch as unbatch } from './processors/unbatch.js'
export { type StreamOptions, toTransform, toTransformStream } from './streams.js'
