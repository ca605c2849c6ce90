import type { CommonOptions } from '../../cli/common-options.js'
import { toText } from '../../cli/stream/raw-records.js'
import type { Lines } from '../../core/lines.js'
import type { OutputFiles } from '../../stores/outputs/output-files.js'

/** Puts records that come too late into a file, as they came. */
export const putLate = (path: string, { rawOutput }: CommonOptions, store: OutputFiles) => {
  const file = store.add(path)
  return {
    put: (lines: Lines): void => store.put(file, rawOutput ? toText(lines) : lines),
    finish: store.finish,
  }
}
