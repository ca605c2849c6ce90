import type { Runs } from '../runs.js'

export const runs: Runs = {
  streams: ['dlq --to new.ndjson'],
  untouched: ['dlq --to new.ndjson'],
  prints: [
    'dlq stats failed.ndjson',
    'dlq stats failed.ndjson --json',
    'dlq ls failed.ndjson',
    'dlq ls failed.ndjson --json',
    'dlq show failed.ndjson a',
    'dlq show failed.ndjson a --json',
    'dlq replay failed.ndjson',
    'dlq replay failed.ndjson -- cat',
    'dlq unpark failed.ndjson',
    'dlq compact failed.ndjson',
    'dlq purge --older-than 90d failed.ndjson',
  ],
}
