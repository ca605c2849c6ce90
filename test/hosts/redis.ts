import test from 'ava'
import { testEngine } from '../helpers/engine-conformance.js'
import { testOutages } from '../helpers/engine-outages.js'
import { startRedis } from '../helpers/engines.js'

testEngine(test, 'redis', startRedis)
testOutages(test, 'redis', startRedis)
