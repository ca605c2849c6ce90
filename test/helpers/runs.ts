import { readdirSync } from 'node:fs'

/** Lines of a command for the tests that walk through all commands; a file in `test/helpers/runs/` for each command. */
export type Runs = {
  /** Reads `[1]` after `[1]` without end and writes something for each. */
  readonly streams: readonly string[]
  /** Passes every record on untouched, whatever its bytes. */
  readonly untouched?: readonly string[]
  /** Its verbs: prints something about `failed.ndjson`, which holds an entry, or `api.json`, an open breaker. */
  readonly prints?: readonly string[]
  /** Its verbs that write nothing to standard output. */
  readonly silent?: readonly string[]
}

/** Those of all commands, by name. A command without them is an error. */
export const readRuns = async (): Promise<ReadonlyMap<string, Runs>> => {
  const names = readdirSync('src/commands').flatMap(name => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))
  return new Map(
    await Promise.all(
      names.map(async name => {
        const { runs } = (await import(`./runs/${name}.js`)) as { readonly runs: Runs }
        return [name, runs] as const
      }),
    ),
  )
}
