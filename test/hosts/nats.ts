import test from 'ava'
import { testEngine } from '../helpers/engine-conformance.js'
import { startNats } from '../helpers/engines.js'

testEngine(test, 'nats', startNats)
