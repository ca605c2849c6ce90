import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['map -j 2 -- cat', 'map --worker -- cat', 'map --js Object'],
}
