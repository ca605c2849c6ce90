import test from 'ava'
import { createChalk, type When } from '../../src/cli/color.js'

const paints = test.macro({
  title: (_, when: When, isTerminal: boolean, environment: Record<string, string>) =>
    `--color ${when}, ${isTerminal ? 'a terminal' : 'a pipe'}, ${JSON.stringify(environment)}`,
  exec: (t, when: When, isTerminal: boolean, environment: Record<string, string>, wanted: boolean) =>
    t.is(createChalk(when, isTerminal, environment).red('x') !== 'x', wanted),
})

test(paints, 'auto', true, {}, true)
test(paints, 'auto', false, {}, false)
test(paints, 'auto', true, { TERM: 'dumb' }, false)
test(paints, 'auto', true, { TERM: 'xterm' }, true)
test(paints, 'auto', true, { NO_COLOR: '1' }, false)
test(paints, 'auto', true, { NO_COLOR: '' }, true)
test(paints, 'auto', false, { FORCE_COLOR: '1' }, true)
test(paints, 'auto', false, { FORCE_COLOR: '' }, true)
test(paints, 'auto', true, { FORCE_COLOR: '0' }, false)
test(paints, 'auto', true, { FORCE_COLOR: 'false' }, false)
test(paints, 'auto', false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false)
test(paints, 'always', false, { NO_COLOR: '1' }, true)
test(paints, 'never', true, { FORCE_COLOR: '1' }, false)
