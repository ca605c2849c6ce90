import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['gate --cmd true --rise 1'],
  untouched: ['gate --cmd true --rise 1'],
}
