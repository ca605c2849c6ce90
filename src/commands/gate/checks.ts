import { statSync } from 'node:fs'
import { runChild } from '../../calls/command/run-child.js'
import { isOpen } from '../../core/breaker/breaker.js'
import { realClock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import { findLastWords } from '../../core/last-words.js'
import { runningTimeOf } from '../../core/running-time.js'
import { listStates } from '../breaker/list-states.js'
import { readCurrent } from '../breaker/read-current.js'
import { logOf } from '../breaker/record-changes.js'

/** Resolves to undefined if healthy, otherwise to a description of the problem; never rejects. */
export type Check = () => Promise<string | undefined>

/** Healthy while a GET answers 2xx within the time; redirects are not followed. */
export const checkHttp = (url: URL, timeout: number): Check => {
  return () =>
    new Promise(resolve => {
      const { get } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
      const shown = `${url.origin}${url.pathname}`
      const request = get(url, { agent: false }, response => {
        response.resume()
        response.on('error', () => {})
        const { statusCode = 0 } = response
        done(statusCode >= 200 && statusCode < 300 ? undefined : `${shown} answers ${statusCode}`)
      })
      const cancel = runningTimeOf(realClock).after(timeout, () =>
        done(`${shown} does not answer within ${formatDuration(timeout)}`),
      )
      const done = (problem: string | undefined) => {
        cancel()
        resolve(problem)
        request.destroy()
      }
      request.on('error', (error: NodeJS.ErrnoException) =>
        done(`${shown} cannot be reached (${error.code ?? error.message})`),
      )
    })
}

/** Healthy while a shell command exits 0 within the timeout; processes that it started are killed with it. */
export const checkCommand = (script: string, timeout: number): Check => {
  const options = { clock: realClock, killAfter: 500, maxResponse: 1024 * 1024, stderr: () => {} }
  return async () => {
    const controller = new AbortController()
    const cancel = runningTimeOf(realClock).after(timeout, () =>
      controller.abort(new Failure('timeout', 'transient', `does not end within ${formatDuration(timeout)}`)),
    )
    try {
      const { exit, stderr, output } = await runChild(
        {
          program: '/bin/sh',
          args: ['-c', script],
          environment: process.env,
          input: Buffer.alloc(0),
          number: 0,
          killing: controller.signal,
        },
        options,
      )
      if (exit.code === 0) return undefined
      const said = findLastWords(stderr, output.toString())
      const how = exit.code === null ? `was killed by ${exit.signal}` : `exits ${exit.code}`
      return `the --cmd ${how}${said === undefined ? '' : `, saying: ${said}`}`
    } catch (error) {
      return `the --cmd ${error instanceof Error ? error.message : String(error)}`
    } finally {
      cancel()
    }
  }
}

/** Healthy while a file or folder exists. */
export const checkFile = (path: string): Check => {
  return async () => {
    try {
      return statSync(path, { throwIfNoEntry: false }) === undefined ? `${path} does not exist` : undefined
    } catch (error) {
      return `${path} cannot be looked at: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

/**
 * Healthy while a circuit breaker is closed or its probe is due; no state yet is a closed one. Of a folder of keys one that is
 * not open is enough.
 */
export const checkBreaker = (path: string): Check => {
  return async () => {
    try {
      const files = await listStates(path)
      for (const file of files) {
        const found = await readCurrent(file, { log: logOf(path), warn: () => {} })
        if (found === undefined || !isOpen(found.breaker, found.now)) return undefined
      }
      return files.length === 0 ? undefined : `the breaker ${path} is open`
    } catch (error) {
      return `the breaker ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}
