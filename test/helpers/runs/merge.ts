import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['merge', 'merge --sorted-by .[0]'],
  untouched: ['merge'],
}
