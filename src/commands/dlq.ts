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
    purpose: 'Keep failed records in a dead-letter file, look at them, and replay them',
    usage: '--to FILE [INPUT...]\n       streamz dlq VERB FILE [OPTION...] [-- COMMAND [ARG...]]',
    examples: [
      {
        note: 'what fails in map is kept in failed.ndjson, what succeeds goes on',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson |\n  streamz dlq --to failed.ndjson # exits 1: it took one',
      },
      {
        note: 'a few failures are all right; timeouts apart from the rest',
        run: 'streamz map --inline -- grep -v refund < orders.ndjson |\n  streamz dlq --to failed.ndjson --tolerate 50% --route kind=timeout:slow.ndjson',
      },
      {
        note: 'what went wrong, and again, two at once: what succeeds is done',
        run: 'streamz map --dlq failed.ndjson -- grep -v refund < orders.ndjson; streamz dlq stats failed.ndjson; streamz dlq replay failed.ndjson -j 2 -- cat',
      },
    ],
    notes:
      'A dead-letter file holds a failure record per line, for its owner only. Several processes may append to it at once:\nwhole lines, under a lock, synced at most a second later and before the end. Exit 1 when it took any. Verbs also read\nfiles that 2>failed.ndjson made. What has become of entries is written to FILE.done.',
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

const elsewhere = 'goes with other commands; here --to FILE says where failures go'

const missingFile = (word: string | undefined): UsageError => {
  const verbs = define().verbs?.map(({ words }) => words.name.replace(/^dlq /, '')) ?? []
  const meant = word === undefined ? undefined : nearest(word, verbs)
  if (meant !== undefined) return new UsageError(`There is no verb '${word}': did you mean '${meant}'?`)
  return new UsageError(
    `No file is given to keep failures in: use --to FILE, as in: streamz dlq --to failed.ndjson; or one of the verbs ${verbs.join(', ')}`,
  )
}
