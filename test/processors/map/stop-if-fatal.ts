import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import type { Stop } from '../../../src/core/processor.js'
import { stopIfFatal } from '../../../src/processors/map/stop-if-fatal.js'

const stopOf = (failure: Failure) => {
  const stops: (Stop | undefined)[] = []
  stopIfFatal(failure, { stop: reason => stops.push(reason) })
  return stops
}

test('what no record gets past ends the run: 126 when it cannot be run, else 127', t => {
  t.deepEqual(stopOf(new Failure('spawn', 'fatal', 'No right', { exit: 126 })), [{ exit: 126, message: 'No right' }])
  t.deepEqual(stopOf(new Failure('spawn', 'fatal', 'Gone', { exit: 127 })), [{ exit: 127, message: 'Gone' }])
  t.deepEqual(stopOf(new Failure('script', 'fatal', 'Gone')), [{ exit: 127, message: 'Gone' }])
  t.deepEqual(stopOf(new Failure('exit', 'permanent', 'No', { exit: 126 })), [])
})
