import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['debounce 1s --key .k --missing pass'],
}
