import { spawnSync } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'
import { median, type Result } from './compare.js'
import type { Row, Target } from './row.js'

/** The machine and the versions of everything that is compared, as a Markdown list. */
export const describeMachine = (): string => {
  const [first] = cpus()
  const versions = Object.entries(versionCommands).map(([name, command]) => `${name}: ${firstLine(command)}`)
  return [
    `- Node ${process.versions.node}, ${cpus().length} x ${first?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    `- ${versions.join('; ')}`,
  ].join('\n')
}

/** A Markdown table of one row and a line for each target; `reached` is false when one was measured and missed. */
export const describeResults = (row: Row, results: readonly Result[]): { text: string; reached: boolean } => {
  const medians = new Map(results.map(({ contender, costs }) => [contender.name, median(costs)]))
  const base = median(results[0]?.costs ?? [])
  const lines = results.map(({ contender, costs }) => {
    if (costs.length === 0) return `| ${contender.name} | ${contender.needs} is not installed | | |`
    const spread = `${format(Math.min(...costs))}-${format(Math.max(...costs))}, ${costs.length} rounds`
    return `| ${contender.name} | ${format(median(costs))} ${row.unit} | ${spread} | ${format(median(costs) / base)} |`
  })
  const targets = row.targets.map(target => judge(target, name => medians.get(name) ?? Number.NaN))
  const text = [
    `### ${row.title}`,
    '',
    ...(row.note === undefined ? [] : [row.note, '']),
    '| | median | spread | times the first |',
    '|---|---|---|---|',
    ...lines,
    '',
    ...targets.map(({ line }) => line),
    `Load of the machine: ${loadavg()[0]?.toFixed(1)}`,
    '',
  ].join('\n')
  return { text, reached: targets.every(({ missed }) => !missed) }
}

const judge = (target: Target, medianOf: (name: string) => number) => {
  const figure = target.figure(medianOf)
  const { what, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
  const bound = target.atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  if (Number.isNaN(figure)) return { missed: false, line: `- ${what}: not measured; target ${bound}` }
  const missed = figure < atLeast || figure > atMost
  const verdict = missed ? 'NOT REACHED' : 'reached'
  return { missed, line: `- ${what}: ${format(figure)}; target ${bound}: ${verdict}` }
}

const format = (figure: number): string => {
  if (figure === 0) return '0'
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3)
}

const versionCommands: Readonly<Record<string, string>> = {
  jq: 'jq --version',
  mawk: 'mawk -W version 2>&1',
  parallel: 'parallel --version',
  cat: 'cat --version',
}

const firstLine = (command: string): string => {
  const { status, stdout } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' })
  return status === 0 ? (stdout.split('\n')[0] ?? '') : 'not installed'
}
