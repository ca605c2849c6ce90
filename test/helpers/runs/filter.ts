import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['filter .[0]==1', 'filter --js Object'],
}
