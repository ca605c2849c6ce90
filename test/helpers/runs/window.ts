import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['window --count 1'],
}
