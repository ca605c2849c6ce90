import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/buffer.js'
import { type Result, shell } from '../../helpers/cli.js'
import { testOwnFlags } from '../../helpers/flags.js'

/** Far more than a pipe holds, while nobody reads until the writer has ended; a writer that is held up is let go. */
const burst = (t: ExecutionContext, args: readonly string[]): Promise<Result> =>
  shell(
    t,
    `mkfifo out
    (seq 1 40000 | sed 's/$/ ${' '.repeat(40)}/'; touch written) | streamz ${args.join(' ')} > out &
    exec 3<out
    read -ru 3 first
    ${args.includes('--when-full') || args.includes('100000') ? 'until [ -e written ]; do read -rt 0.01 <> <(:); done' : ''}
    cat <&3 >rest
    wait $!
    test $(wc -l <rest) = 39999 && echo all || echo some`,
  )

testOwnFlags('buffer', define(), {
  '--when-full': {
    args: ['1'],
    flag: ['--when-full', 'drop-new'],
    run: burst,
    without: { out: 'all\n' },
    with: { out: 'some\n' },
  },
  '--bytes': {
    args: ['100000', '--when-full', 'drop-new'],
    flag: ['--bytes', '1KiB'],
    run: burst,
    without: { out: 'all\n' },
    with: { out: 'some\n' },
  },
})
