import test from 'ava'
import { describeSystemError, systemCode } from '../../../src/core/io/system-error.js'

const failed = (code: string) => Object.assign(new Error(`${code}: failed`), { code })

test('known codes have words, others keep their message', t => {
  t.is(describeSystemError(failed('EACCES')), 'permission denied')
  t.is(describeSystemError(failed('ENOENT')), 'no such file')
  t.is(describeSystemError(failed('ENOENT'), 'folder'), 'no such folder')
  t.is(describeSystemError(failed('EBADF')), 'EBADF: failed')
  t.is(describeSystemError('odd'), 'odd')
  t.deepEqual([systemCode(failed('EIO')), systemCode(new Error('no code')), systemCode('EIO')], ['EIO', '', ''])
})
