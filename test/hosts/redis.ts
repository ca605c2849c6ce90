import test from 'ava'
import { testEngine } from '../helpers/engine-conformance.js'
import { startRedis } from '../helpers/engines.js'

testEngine(test, 'redis', startRedis)
