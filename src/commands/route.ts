import { killAllGroups } from '../calls/process/group.js'
import type { CommonOptions } from '../cli/common-options.js'
import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { option } from '../cli/option.js'
import { checkOutput } from '../cli/outputs/check-outputs.js'
import { listOutputOptions, type OutputFlags, readExisting } from '../cli/outputs/output-options.js'
import { createRunOutputs } from '../cli/outputs/run-outputs.js'
import { UsageError } from '../cli/usage-error.js'
import { choice } from '../cli/values/choice.js'
import { type NamedPlace, namedPlace } from '../cli/values/named-place.js'
import { repeated } from '../cli/values/value-parser.js'
import { createBranches } from '../processors/route/branches.js'
import { createRoute } from '../processors/route.js'
import { partOf } from '../stores/outputs/part.js'
import { feedKillAfter, openTargets } from './route/open-targets.js'
import { readRoutes } from './route/read-routes.js'

type RouteFlags = OutputFlags & {
  readonly all?: true
  readonly unmatched: 'stdout' | 'drop' | 'fail'
  readonly to?: readonly NamedPlace[]
}

const group = 'Routes'

export const define = (): Definition => ({
  words: {
    name: 'route',
    purpose: 'Send each record to the file or command of the first expression it matches',
    usage: 'NAME=EXPR... [OPTION...] [FILE...]',
    examples: [
      {
        note: 'refunds go to refunds.ndjson, other records to stdout',
        run: `streamz route refunds='.kind == "refund"' < orders.ndjson`,
      },
      {
        note: 'a file and a command; other records are dropped',
        run: `streamz route large='.amount > 100' small='.amount <= 100' --unmatched drop --to large=big.ndjson --to small='| gzip > {name}.gz' < orders.ndjson`,
      },
      {
        note: 'a copy to every route that matches; records that match none fail',
        run: `streamz route ada='.user == "ada"' sales='.kind == "sale"' --all --unmatched fail < orders.ndjson`,
      },
    ],
    notes:
      'EXPR is an expression as in filter; put it in single quotes. Records that match no route go to stdout. Without --to, the\nrecords of NAME go to NAME.ndjson. Files are written to NAME.ndjson.part and renamed when the run ends with 0 or 1. If a\ncommand fails or exits before it has read all of its input, the exit code is 74 and its records count as undelivered.\nWrite a FILE named a=b as ./a=b. In a job file, route has branches with steps of their own: see streamz help run.',
    seeAlso: ['filter', 'partition', 'run'],
  },
  operands: [operand('[operands...]', 'NAME=EXPR, and FILEs')],
  options: [
    option(
      group,
      '--to <name=place>',
      'a file for this route, or | and a command; {name} is replaced by its name',
      repeated(namedPlace),
    ),
    option(group, '--all', 'send a copy to every route that matches, not only to the first'),
    option(
      group,
      '--unmatched <what>',
      'send records that match no route to `stdout` (default), `drop` them, or let them `fail` as `unmatched`',
      choice(['stdout', 'drop', 'fail']),
    ).default('stdout'),
    ...listOutputOptions(),
  ],
  prepareBranches: (branches, { flags }) => ({
    command: 'route',
    options: flags as CommonOptions,
    files: [],
    create: (_, context) => createBranches(branches, context),
  }),
  prepare({ operands, flags }: Invocation<RouteFlags>) {
    const [words] = operands as [string[]]
    const { routes: given, files } = readRoutes(words, flags.to ?? [])
    const routes = given.map(route =>
      'file' in route.to ? { ...route, to: nameFile(route.to.file, route.name, flags) } : route,
    )
    const places = routes.flatMap(({ name, to }) => ('file' in to ? [{ flag: `--to ${name}`, file: to.file }] : []))
    const existing = readExisting(flags)
    const outputs = createRunOutputs(flags)
    return {
      command: 'route',
      options: flags,
      files,
      outputs,
      killAfter: Math.min(feedKillAfter, flags.drain),
      killNow: () => killAllGroups('SIGKILL'),
      writes: Object.fromEntries(
        places.flatMap(({ flag, file }) => [
          [flag, file],
          [`${flag}, at first`, partOf(file)],
        ]),
      ),
      begin() {
        for (const { flag, file } of places) checkOutput(flag, file, existing)
      },
      create: (shared, context) =>
        createRoute(
          {
            ...openTargets(routes, flags, outputs, { shared, context }),
            all: flags.all === true,
            unmatched: flags.unmatched,
            taken: shared.taken,
          },
          context,
        ),
    }
  },
})

const nameFile = (text: string, name: string, { gzip }: OutputFlags): { readonly file: string } => {
  if (text === '-') {
    throw new UsageError(
      '--to: a route cannot go to standard output (-), where the records that match no route go; use a command, such as: | cat >&2',
    )
  }
  const file = text.replaceAll('{name}', () => name)
  return { file: gzip && !file.endsWith('.gz') ? `${file}.gz` : file }
}
