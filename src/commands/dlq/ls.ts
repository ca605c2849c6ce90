import type { Definition } from '../../cli/definition.js'
import { visitEntries } from './entries.js'
import { createRow, describeRow, rowFields, toJson } from './row.js'
import { isWantedState } from './select.js'
import { defineSurvey } from './survey.js'

export const define = (): Definition =>
  defineSurvey(
    {
      name: 'dlq ls',
      purpose: 'List the entries of a dead-letter file, one per line, oldest first',
      usage: 'FILE [OPTION...]',
      examples: [
        { note: 'entries that are not done', run: 'streamz dlq ls failed.ndjson' },
        { note: 'timeouts of one user', run: `streamz dlq ls failed.ndjson --kind timeout --where '.user == "ann"'` },
        { note: 'entries that were parked', run: 'streamz dlq ls failed.ndjson --state parked --json' },
      ],
      notes: 'Shows the name of each entry, and when and how it last failed. Exit 1 if a line is damaged.',
      seeAlso: ['dlq'],
    },
    ({ file, flags, selection, printer }) =>
      visitEntries(file, selection, rowFields, printer, (reader, bytes, state, charged) => {
        if (!isWantedState(state, flags.state)) return
        const row = createRow(reader, bytes, state, charged)
        printer.print(flags.json ? toJson(row) : describeRow(row, printer.width))
      }),
  )
