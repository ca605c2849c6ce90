import { UsageError } from '../../../cli/usage-error.js'
import type { CheckFlags, ReportFormat } from '../flags.js'

/** A report to be made, and its file; standard error without one. */
export type ReportOutlet = { readonly format: ReportFormat; readonly path: string | undefined }

/** Which reports are asked for, and where each goes; none when nothing is said. Throws a `UsageError`. */
export const chooseReports = ({ report = [], reportFile = [] }: CheckFlags): readonly ReportOutlet[] => {
  const named = reportFile.flatMap(({ format }) => (format === undefined ? [] : [format]))
  const formats = [...new Set([...report, ...named])]
  const open = reportFile.filter(({ format }) => format === undefined)
  const without = formats.filter(format => !named.includes(format))
  const [file, second] = open
  if (second !== undefined || named.length > new Set(named).size) {
    throw new UsageError('--report-file: one file for each report; say which, as in: --report-file junit=report.xml')
  }
  if (file === undefined) return formats.map(format => ({ format, path: pathOf(format, reportFile) }))
  if (formats.length === 0) return [{ format: 'text', path: file.path }]
  if (without.length !== 1) {
    const format = without[0] ?? formats[0]
    throw new UsageError(
      `--report-file: ${file.path} could be for any of several reports; say which, as in: --report-file ${format}=${file.path}`,
    )
  }
  return formats.map(format => ({ format, path: format === without[0] ? file.path : pathOf(format, reportFile) }))
}

const pathOf = (format: ReportFormat, files: CheckFlags['reportFile'] = []) =>
  files.find(file => file.format === format)?.path
