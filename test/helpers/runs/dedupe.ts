import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['dedupe --key .k --missing pass'],
  untouched: ['dedupe', 'dedupe --changes'],
}
