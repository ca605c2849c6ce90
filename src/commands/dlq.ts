import { type Definition, type Invocation, operand } from '../cli/definition.js'
import { nearest } from '../cli/help/nearest.js'
import { UsageError } from '../cli/usage-error.js'
import { define as compact } from './dlq/compact.js'
import { define as ls } from './dlq/ls.js'
import { define as purge } from './dlq/purge.js'
import { define as replay } from './dlq/replay.js'
import { define as show } from './dlq/show.js'
import { define as stats } from './dlq/stats.js'
import { listTakeOptions, prepareTakeOut, type TakeFlags } from './dlq/take-out.js'
import { define as unpark } from './dlq/unpark.js'

export const define = (): Definition => ({
  words: {
    name: 'dlq',
    purpose: 'Keep failed records in a dead-letter file, inspect them, and replay them',
    usage: '--to FILE [INPUT...]\n       streamz dlq VERB FILE [OPTION...] [-- COMMAND [ARG...]]',
    examples: [
      {
        note: 'keep the failures of map in failed.ndjson; good records pass on',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson |\n  streamz dlq --to failed.ndjson # exits 1: there was one failure',
      },
      {
        note: 'tolerate some failures; keep timeouts in another file',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson |\n  streamz dlq --to failed.ndjson --tolerate 50% --route kind=timeout:slow.ndjson',
      },
      {
        note: 'show what went wrong, and replay it two at a time',
        run: 'streamz map --dlq failed.ndjson -- grep -v refund < orders.ndjson; streamz dlq stats failed.ndjson; streamz dlq replay failed.ndjson -j 2 -- cat',
      },
    ],
    notes:
      'A dead-letter file has a failure record per line and is readable by its owner only. Several processes may append to it at\nthe same time: whole lines, under a lock, synced within a second and at the end. Exit 1 if there were failures. Verbs also\nread files that 2>failed.ndjson made. The outcomes of entries are in FILE.done.',
    seeAlso: ['map'],
    exit: ['temporary'],
  },
  operands: [operand('[inputs...]')],
  options: listTakeOptions(),
  refuses: { '--dlq': elsewhere, '--inline': elsewhere, '--failures': elsewhere },
  verbs: [stats(), ls(), show(), replay(), unpark(), purge(), compact()],
  prepare({ operands, flags }: Invocation<TakeFlags>) {
    const [files] = operands as [string[]]
    if (flags.to === undefined) throw missingFile(files[0])
    return prepareTakeOut(flags, flags.to, files)
  },
})

const elsewhere = 'is an option of other commands; here --to FILE says where failures go'

const missingFile = (word: string | undefined): UsageError => {
  const verbs = define().verbs?.map(({ words }) => words.name.replace(/^dlq /, '')) ?? []
  const meant = word === undefined ? undefined : nearest(word, verbs)
  if (meant !== undefined) return new UsageError(`Unknown verb '${word}': did you mean '${meant}'?`)
  return new UsageError(
    `No file to keep failures in: use --to FILE, as in: streamz dlq --to failed.ndjson; or one of the verbs ${verbs.join(', ')}`,
  )
}
