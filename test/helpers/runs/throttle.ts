import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['throttle --rate 1000000000/s'],
  prints: ['throttle status quota.json'],
  untouched: ['throttle --rate 1000000/s --burst 1000', 'throttle --rate 1000000MB/s'],
}
