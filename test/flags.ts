import test from 'ava'
import { findLacking } from './helpers/flags.js'

test('a flag without a case is found', t => {
  t.deepEqual(findLacking(['--size', '--new'], ['--size']), ['--new'])
  t.deepEqual(findLacking(['--size'], ['--size', '--old']), [])
})
