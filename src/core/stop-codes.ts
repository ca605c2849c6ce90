/** Exit codes of what can end a run from within, after sysexits.h (74, 75) and the shell (2, 126, 127). */
export const stopCodes = { usage: 2, io: 74, temporary: 75, notExecutable: 126, notFound: 127 } as const

export type StopCode = (typeof stopCodes)[keyof typeof stopCodes]
