import { readFileSync } from 'node:fs'
import test from 'ava'
import { startRedis } from '../helpers/engines.js'
import { findBlocks } from '../helpers/examples.js'
import { createExamples, makeWorkplace } from '../helpers/run-examples.js'

test('the examples of docs/several-hosts.md do what they say, in their order, with one server', async t => {
  const { port } = await startRedis(t)
  const { runBlock, run } = createExamples({}, [
    ['npm ', 'installs what is installed'],
    ['redis-server', 'this test has its own'],
  ])
  const page = readFileSync('docs/several-hosts.md', 'utf8').replaceAll('//127.0.0.1/', `//127.0.0.1:${port}/`)
  const blocks = findBlocks(page)
  t.true(blocks.length >= 5)
  for (const block of blocks) await runBlock(t, block, `docs/several-hosts.md:${block.number}`)
  const { output } = await run(makeWorkplace(t), `streamz throttle status redis://127.0.0.1:${port}/quota`)
  t.regex(output, /: 5 \(100%\) since/)
})
