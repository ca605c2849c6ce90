import { main } from '../src/main.js'

main(process.argv.slice(2)).then(code => {
  process.exitCode = code
  // Everything is written by now; whatever still holds the process (an open of a silent named pipe) is let go.
  setTimeout(() => process.exit(), 250).unref()
})
