import { exitCodes } from '../../cli/exit-codes.js'
import { nobody, Output } from '../../core/io/output.js'
import { Lines } from '../../core/lines.js'

/** Writes text to standard output; gives the exit code. */
export const print = async (text: string, code: number = exitCodes.ok.code): Promise<number> => {
  const output = new Output(1)
  output.write(Lines.of(Buffer.from(text), 0), 0, nobody)
  await output.flush()
  output.close()
  return output.error === undefined ? code : exitCodes.io.code
}
