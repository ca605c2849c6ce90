import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['skip 0', 'skip --last 1'],
  untouched: ['skip 0', 'skip --last 0'],
}
