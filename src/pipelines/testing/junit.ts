import type { TestResult } from './run-suite.js'

/** The results of test files as JUnit XML. */
export const toJunit = (suites: ReadonlyMap<string, readonly TestResult[]>): string => {
  const parts = [...suites].map(([file, results]) => {
    const failed = results.filter(({ problems }) => problems.length > 0).length
    const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
    const cases = results.map(result => toCase(file, result)).join('')
    return `  <testsuite name="${toXml(file)}" tests="${results.length}" failures="${failed}" time="${seconds.toFixed(3)}">\n${cases}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${parts.join('')}</testsuites>\n`
}

const toCase = (file: string, { name, problems, seconds }: TestResult): string => {
  const head = `    <testcase classname="${toXml(file)}" name="${toXml(name)}" time="${seconds.toFixed(3)}"`
  if (problems.length === 0) return `${head}/>\n`
  return `${head}>\n      <failure message="${toXml(problems[0] ?? '')}">${toXml(problems.join('\n'))}</failure>\n    </testcase>\n`
}

const toXml = (text: string): string =>
  text
    // XML has no way to write these.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
