import type { Feed } from '../../calls/command/feed.js'
import { GrowingBuffer } from '../../core/tables/growing-buffer.js'
import type { Target } from '../../processors/route.js'

/** A command as a target: it gets all lines of one push at once. */
export const createCommandTarget = (feed: () => Feed | undefined): Target => {
  const gathered = new GrowingBuffer()
  return {
    isKnownLate: true,
    put(lines) {
      const view = lines.view()
      gathered.append(view, 0, view.length)
    },
    flush() {
      if (gathered.length === 0) return
      // The pipe refers to these bytes until they are taken, so they are copied.
      const bytes = Buffer.from(gathered.view())
      gathered.length = 0
      return feed()?.write(bytes)
    },
  }
}
