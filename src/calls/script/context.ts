import { hashId } from '../../core/envelope.js'
import type { ThreadTask } from './protocol.js'

/** The second argument of a script. A class with getters, because most scripts never use it. */
export class ScriptContext {
  /** Line number in the input, from 1. */
  readonly line: number
  /** 1 for the first try. */
  readonly attempt: number
  readonly #task: ThreadTask
  readonly #bytes: Buffer
  readonly #from: number
  readonly #until: number

  constructor(task: ThreadTask, index: number, bytes: Buffer, from: number, until: number) {
    this.line = task.number + index
    this.attempt = task.attempt
    this.#task = task
    this.#bytes = bytes
    this.#from = from
    this.#until = until
  }

  /** The id of the record's failure record, if it had one. */
  get id(): string {
    const bytes = this.#bytes.subarray(this.#from, this.#until)
    return this.#task.ids?.[this.line - this.#task.number] ?? hashId({ bytes, number: this.line, file: undefined })
  }
}
