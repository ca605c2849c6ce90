import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['buffer 1000', 'buffer 1 --when-full drop-old'],
  untouched: ['buffer 3'],
}
