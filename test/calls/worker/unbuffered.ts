import test from 'ava'
import { describeUnbuffered } from '../../../src/calls/worker/unbuffered.js'

const advises = test.macro({
  title: (_, program: string) => `a worker ${program} that does not answer`,
  exec: (t, program: string, advice: string) => t.is(describeUnbuffered(program), advice),
})

test(advises, 'python3.12', 'python3.12 -u')
test(advises, 'jq', 'jq --unbuffered')
test(advises, 'sed', 'sed -u')
test(advises, 'egrep', 'egrep --line-buffered')
test(advises, 'gawk', 'gawk with fflush() after each line')
for (const other of ['enrich.py', 'sedate', 'node'])
  test(advises, other, `stdbuf -oL ${other}, or python -u, jq --unbuffered, sed -u, awk with fflush()`)
