import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEntries, start } from './dlq.js'

export type AppendOptions = {
  readonly processes: number
  /** Failures of each. */
  readonly each: number
  /** Compacts the file again and again meanwhile. */
  readonly compact?: boolean
  /** Kills one process in so many at a random moment. */
  readonly killOneIn?: number
}

/**
 * Many processes append failures to one file at once. What is found in it is told: records that a finished process had
 * reported and that are missing or changed, records that are there twice, names of entries that are there twice.
 */
export const appendTogether = async (folder: string, options: AppendOptions) => {
  const { processes, each, compact = false, killOneIn = 0 } = options
  // Bytes that building a record anew would change.
  const record = (who: number, n: number) => `{"who":${who}, "n":${n}.0,"text":"\\u00e9 ${'x'.repeat(n % 50)}"}`
  const runs = Array.from({ length: processes }, (_, who) => {
    // The first record of each passes.
    const lines = Array.from({ length: each + 1 }, (__, n) => `${record(who, n)}\n`).join('')
    writeFileSync(join(folder, `in-${who}`), lines)
    return start(folder, ['throttle', '--rate', '1/h', '--mode', 'reject', '--dlq', 'f.ndjson', `in-${who}`])
  })
  let isOver = false
  const compacting = (async () => {
    let times = 0
    while (compact && !isOver) {
      const { code, err } = await start(folder, ['dlq', 'compact', 'f.ndjson']).ended
      if (code === 0) times++
      else if (code !== 74 || times > 0) throw new Error(`compact ended with ${code}: ${err}`)
    }
    return times
  })()
  const killers = runs.flatMap(({ child }, who) =>
    killOneIn > 0 && who % killOneIn === 0 ? [setTimeout(() => child.kill('SIGKILL'), 50 + Math.random() * 400)] : [],
  )
  const ended = await Promise.all(runs.map(run => run.ended))
  isOver = true
  for (const killer of killers) clearTimeout(killer)
  const compacted = await compacting
  const reported = ended.flatMap(({ code }, who) => (code === 1 ? [who] : []))
  const seen = new Map<string, number>()
  const names = new Set<string>()
  const entries = await readWhole(folder)
  for (const { kept, entry } of entries) {
    seen.set(kept, (seen.get(kept) ?? 0) + 1)
    names.add(entry)
  }
  const missing = reported.flatMap(who =>
    Array.from({ length: each }, (_, n) => record(who, n + 1)).filter(text => !seen.has(text)),
  )
  return {
    codes: ended.map(({ code }) => code),
    compacted,
    entries: entries.length,
    missing: missing.length,
    twice: [...seen.values()].filter(count => count > 1).length,
    sameName: entries.length - names.size,
  }
}

/** Every whole line as the next run sees it: a torn last line is not one. */
const readWhole = async (folder: string) => {
  const { out } = await start(folder, ['dlq', 'show', 'f.ndjson', '--since', '2000-01-01', '--json']).ended
  writeFileSync(join(folder, 'shown'), out)
  const texts = out.split('\n').filter(Boolean)
  return readEntries(join(folder, 'shown')).map(({ entry }, index) => ({
    entry: String(entry),
    kept: /"record":(.*)\}$/.exec(texts[index] ?? '')?.[1] ?? '',
  }))
}
