import test from 'ava'
import { testEngine } from '../helpers/engine-conformance.js'
import { testOutages } from '../helpers/engine-outages.js'
import { startNats } from '../helpers/engines.js'

testEngine(test, 'nats', startNats)
testOutages(test, 'nats', startNats)
