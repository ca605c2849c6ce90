import { type Feed, startFeed } from '../../calls/command/feed.js'
import type { OutputFlags } from '../../cli/outputs/output-options.js'
import type { RunOutputs } from '../../cli/outputs/run-outputs.js'
import { toText } from '../../cli/stream/raw-records.js'
import type { Shared } from '../../cli/stream/stage.js'
import { UsageError } from '../../cli/usage-error.js'
import type { Lines } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'
import type { RouteOptions, Target } from '../../processors/route.js'
import { createCommandTarget } from './command-target.js'
import type { GivenRoute } from './read-routes.js'

/** Milliseconds between TERM and KILL for a command that does not end in time. */
export const feedKillAfter = 1000

/** Files and commands behind the routes. */
export const openTargets = (
  routes: readonly GivenRoute[],
  flags: OutputFlags,
  outputs: RunOutputs,
  { shared, context }: { readonly shared: Shared; readonly context: Context },
): Pick<RouteOptions, 'routes' | 'start' | 'finish'> => {
  const store = outputs.open(shared, context)
  const feeds: (Feed | undefined)[] = []
  const asText = flags.rawOutput ? toText : (lines: Lines) => lines

  const createTarget = ({ to }: GivenRoute, index: number): Target => {
    if ('command' in to) return createCommandTarget(() => feeds[index])
    const file = store.add(to.file)
    return { isKnownLate: false, put: (lines, receipt) => store.put(file, asText(lines), receipt) }
  }

  return {
    routes: routes.map((route, index) => ({ ...route, target: createTarget(route, index) })),
    start() {
      if (shared.rehearsal !== undefined && routes.some(({ to }) => 'command' in to)) {
        throw new UsageError('--to with | and a command starts a program, and a test starts none')
      }
      for (const [index, { name, to }] of routes.entries()) {
        if (!('command' in to)) continue
        feeds[index] = startFeed({
          script: to.command.replaceAll('{name}', () => '"$name"'),
          environment: { ...process.env, name },
          clock: context.clock,
          drain: flags.drain,
          killAfter: Math.min(feedKillAfter, flags.drain),
          killing: context.killing,
          onError: problem => outputs.fail(`The command of ${name} ${problem}`),
        })
      }
    },
    async finish() {
      store.finish()
      const done = await Promise.all(feeds.map(feed => feed?.end()))
      return target => done[target] === true
    },
  }
}
