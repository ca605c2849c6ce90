import type { CreateProcessor } from '../core/processor.js'

/** Passes on everything unchanged. */
export const createPass: CreateProcessor<object> = (_, { emit }) => ({ holdsNothing: true, push: lines => emit(lines) })
