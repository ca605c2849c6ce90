import type { CheckReport } from './report.js'

/** One line of JSON. */
export const writeJson = ({ records, failed, isGood, isCut, seconds, stage, rules }: CheckReport): string =>
  `${JSON.stringify({
    $streamz: 'check/1',
    stage: stage ?? null,
    ok: isGood,
    complete: !isCut,
    records,
    failed,
    seconds: Math.round(seconds * 1000) / 1000,
    rules: rules.map(({ name, status, checked, violations, tolerated, problem, examples }) => ({
      name,
      status,
      checked,
      violations,
      tolerated: tolerated === undefined ? null : 'count' in tolerated ? tolerated.count : `${tolerated.share * 100}%`,
      problem: problem ?? null,
      examples: examples.map(({ file, line, path, type, message }) => ({
        file: file ?? null,
        line,
        path,
        type,
        message,
      })),
    })),
  })}\n`
