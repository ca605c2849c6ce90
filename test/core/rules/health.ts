import test from 'ava'
import { type Health, judgeHealth, unknownHealth } from '../../../src/core/rules/health.js'

const judge = (checks: string, rise: number, fall: number) => {
  let health: Health = unknownHealth
  return [...checks]
    .map(check => {
      health = judgeHealth(health, check === '+', { rise, fall })
      return health.verdict === undefined ? '?' : health.verdict ? 'H' : 'U'
    })
    .join('')
}

for (const [checks, rise, fall, verdicts] of [
  ['++', 2, 3, 'HH'],
  ['+', 1, 1, 'H'],
  ['-', 1, 1, 'U'],
  ['---', 2, 3, 'UUU'],
  ['+-+-++', 2, 3, 'HHHHHH'],
  ['-+-++', 2, 3, 'UUUUH'],
  ['++--+--+---+++', 2, 3, 'HHHHHHHHHHUUHH'],
  ['---+-++', 2, 3, 'UUUUUUH'],
  ['++---', 2, 3, 'HHHHU'],
] as const) {
  test(`checks ${checks} with rise ${rise} and fall ${fall} give ${verdicts}`, t => {
    t.is(judge(checks, rise, fall), verdicts)
  })
}
