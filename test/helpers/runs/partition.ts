import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['partition 1 --only 0'],
  untouched: ['partition 1 --only 0'],
}
