/** A URL for people: without the user and password that may stand in it. */
export const hideCredentials = (url: string): string => url.replace(/^([a-z][a-z\d+.-]*:\/\/)?[^?#\s]*@/i, '$1***@')

/** Whether a header with this name contains credentials: its value is never shown, and never sent to another origin. */
export const isCredential = (name: string): boolean => credential.test(name)

const credential = /auth|cookie|token|secret|key|password|passwd|signature|session|credential/i
