import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['check'],
  untouched: ['check --required .nothing --warn required'],
}
