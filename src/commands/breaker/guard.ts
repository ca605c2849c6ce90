import type { Guard } from '../../calls/attempts/guard.js'
import type { Patience } from '../../calls/attempts/patience.js'
import { createBreakerGuard } from '../../calls/breaker/breaker-guard.js'
import { createBreakerGate, type Gate } from '../../calls/breaker/gate.js'
import { createKeyedGates } from '../../calls/breaker/keyed-gates.js'
import { exitCodes } from '../../cli/exit-codes.js'
import type { Shared } from '../../cli/stream/stage.js'
import { configOf } from '../../core/breaker/options.js'
import type { Line } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { isAddress } from '../../stores/servers/address.js'
import { isTemporary, StoreError } from '../../stores/store-error.js'
import { announceInherited, describeInherited } from './announce.js'
import { cleanFolder, removeIfIdle } from './clean-keys.js'
import { createCircuit } from './create-circuit.js'
import { adoptFormer, createReadKey, fileOfKey, nameOfKey, type ReadKey } from './keys.js'
import { findNotClosed } from './list-states.js'
import { type BreakerFlags, countingOf, toBreakerOptions } from './options.js'
import { createRecorder, logOf } from './record-changes.js'
import { createOnChange } from './run-on-change.js'
import type { StatePlace } from './state-place.js'

/** The circuit around the calls of one run. */
export type RunGuard = {
  readonly guard: Guard
  /** The key of a record's circuit; undefined: there is one for all. */
  readonly keyOf: ((line: Line) => string) | undefined
  /** Says what the run inherits; ends it when it must not begin. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Puts a circuit, or one for each key, around the calls of a run, as the flags describe it. */
export const createGuard = (
  flags: BreakerFlags,
  place: StatePlace,
  shared: Shared,
  context: Context,
  patience: Patience,
  program?: string,
): RunGuard => {
  const { clock, stopping } = context
  const { messages } = shared
  const { path, name } = place
  // A test of a job starts no program.
  const isReal = shared.rehearsal === undefined
  const onChange = flags.onChange === undefined || !isReal ? undefined : createOnChange(flags.onChange, messages.warn)
  const recorder = createRecorder({
    messages,
    event: context.event,
    stage: flags.stage ?? 'breaker',
    log: path === undefined ? undefined : logOf(path),
    events: flags.events === undefined ? undefined : resolveLink(flags.events),
    onChange,
  })
  const create = (file: string | undefined, title: string, key?: string): Gate =>
    createBreakerGate({
      circuit: createCircuit(toBreakerOptions(flags, title, program), {
        path: file,
        strict: flags.stateStrict === true,
        clock,
        observe: recorder.observe(key),
        messages,
      }),
      onOpen: flags.onOpen,
      patience,
      clock,
      stop: context.stop,
      stopping,
    })
  const own = configOf(toBreakerOptions(flags, name))
  const keyOf = flags.breakerKey === undefined ? undefined : createReadKey(flags.breakerKey)
  const { gateOf, start, close } = keyOf === undefined ? single() : keyed(keyOf)
  return {
    keyOf,
    guard: createBreakerGuard({
      gateOf,
      clock,
      probesReturn: flags.onOpen === 'pause',
      counting: countingOf(flags),
    }),
    async start() {
      try {
        await start()
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        context.stop({
          exit: isTemporary(error) ? exitCodes.temporary.code : exitCodes.io.code,
          message: error.message,
        })
      }
    },
    async close() {
      await close()
      await onChange?.close()
    },
  }

  function single() {
    const gate = create(path, name)
    const { circuit } = gate
    return {
      gateOf: () => gate,
      async start() {
        const effects = await circuit.open()
        const { breaker } = circuit
        if (breaker.machine.state === 'closed' && breaker.machine.override === null) return
        // A clock that was set back is told when that is stored.
        const causes = effects.filter(({ type }) => type !== 'clock')
        const inherited = { breaker, effects: causes, file: path, own }
        recorder.skip(causes)
        const admission = await circuit.admit()
        if (flags.onOpen !== 'fail' || admission.kind !== 'wait')
          return announceInherited(messages, inherited, circuit.wall())
        const message = describeInherited(inherited, circuit.wall(), true)
        context.stop({ exit: exitCodes.temporary.code, message })
      },
      close: () => circuit.close(),
    }
  }

  function keyed(keyOf: ReadKey) {
    const gates = createKeyedGates({
      keyOf,
      create(key) {
        if (path !== undefined && !isAddress(path)) adoptFormer(path, key, keyOf.former())
        return create(path === undefined ? undefined : fileOfKey(path, key), nameOfKey(name, key), key)
      },
      // Most keys are well: a file for each of them would make every start slower.
      left: async key => path === undefined || isAddress(path) || removeIfIdle(fileOfKey(path, key), clock),
      maxKeys: 1000,
    })
    return {
      gateOf: gates.gateOf,
      async start() {
        if (path === undefined) return
        const { states, unseen } = await findNotClosed(path, clock)
        for (const { breaker, effects, file, now } of states.slice(0, maxAnnounced)) {
          announceInherited(messages, { breaker, effects, file, own }, now)
        }
        const more = states.length - maxAnnounced
        if (more > 0) messages.warn(`${more} more circuits in ${path} are not closed: streamz breaker status ${path}`)
        if (unseen > 0)
          messages.note(`${path} has so many circuits that ${unseen} were not checked: streamz breaker status ${path}`)
      },
      async close() {
        await gates.close()
        if (path !== undefined && !isAddress(path)) await cleanFolder(path, clock)
      },
    }
  }
}

const maxAnnounced = 10
