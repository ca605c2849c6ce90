import type { DeadLetterReader, Field } from './reader.js'

/** What finding the stage of an entry looks at. */
export const stageFields: readonly Field[] = ['command', 'stageName']

/** The stage that an entry failed in: its name, or its command when it has none; `map` and `breaker` make the same calls. */
export const readStage = (reader: DeadLetterReader): string =>
  reader.text('stageName') ?? nameStage(reader.text('command') ?? '')

/** A stage as it is asked for. */
export const nameStage = (name: string): string => (name === 'breaker' ? 'map' : name)
