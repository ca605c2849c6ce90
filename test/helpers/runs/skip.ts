import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['skip 0'],
  untouched: ['skip 0'],
}
