import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['sample 100%'],
  untouched: ['sample 100%', 'sample 1000'],
}
