import { define } from '../../../src/commands/skip.js'
import { testOwnFlags } from '../../helpers/flags.js'

testOwnFlags('skip', define(), {})
