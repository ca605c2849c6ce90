import { define } from '../../../src/commands/take.js'
import { testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('take', define(), {})
