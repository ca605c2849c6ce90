import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['take 1000000000'],
  untouched: ['take 1000', 'take --last 1000'],
}
