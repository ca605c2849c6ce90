import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file with so many small records of about 118 bytes, the same in every run; made once, in the folder for temporary files. */
export const prepareData = (records: number): string => {
  const folder = join(tmpdir(), 'streamz-bench')
  const path = join(folder, `records-${records}.ndjson`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const partial = `${path}.${process.pid}.tmp`
  const fd = openSync(partial, 'w')
  const random = createRandom(1)
  for (let made = 0; made < records; made += 10_000) {
    let text = ''
    for (let index = made; index < Math.min(records, made + 10_000); index++) text += makeRecord(index, random)
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
  }
  closeSync(fd)
  renameSync(partial, path)
  return path
}

const makeRecord = (id: number, random: () => number): string => {
  const below = (limit: number) => Math.floor(random() * limit)
  const record = {
    id,
    user: `user-${below(10_000)}`,
    action: actions[below(actions.length)],
    amount: below(100_000) / 100,
    ok: random() < 0.5,
    time: `2026-11-23T10:${10 + below(50)}:${10 + below(50)}.${100 + below(900)}Z`,
    page: below(100),
  }
  return `${JSON.stringify(record)}\n`
}

const actions = 'view search order pay cancel refund login logout'.split(' ')

// mulberry32 by Tommy Ettinger, public domain: enough for made records, and the same everywhere.
const createRandom = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
