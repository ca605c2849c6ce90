import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['breaker --no-state -j 2 -- cat'],
  prints: ['breaker status api.json', 'breaker status api.json --json'],
  silent: [
    'breaker check closed.json',
    'breaker open api.json --quiet',
    'breaker close api.json --quiet',
    'breaker reset api.json --quiet',
  ],
}
