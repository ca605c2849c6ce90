import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['check --allow-empty --required .nothing --warn required'],
}
