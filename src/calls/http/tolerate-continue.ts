import type { Socket } from 'node:net'

/**
 * Takes a `100 Continue` that nobody asked for out of what a connection reads: any client must be able to get one and go on
 * (RFC 9110, section 15.2), and undici ends the connection over it, after the server has got the request. A request is
 * written whole before its answer is read, so that only the beginning of an answer is looked at.
 */
export const tolerateContinue = <S extends Pick<Socket, 'read' | 'write'>>(socket: S): S => {
  const read = socket.read.bind(socket)
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  let atStart = false
  let held: Buffer = Buffer.alloc(0)
  const readRest = (size?: number): Buffer | null => {
    const chunk: Buffer | null = read(size)
    if (!atStart || chunk === null) return chunk
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    for (;;) {
      const begin = held.toString('latin1', 0, 13)
      if (held.length < 13 ? isPrefix(begin) : interim.test(begin)) {
        const end = held.indexOf('\r\n\r\n')
        if (end !== -1) {
          held = held.subarray(end + 4)
          continue
        }
        if (held.length < longest) return readRest(size)
      }
      if (held.length === 0) return readRest(size)
      const whole = held
      held = Buffer.alloc(0)
      atStart = false
      return whole
    }
  }
  return Object.assign(socket, {
    write(...args: unknown[]) {
      atStart = true
      return write(...args)
    },
    read: readRest,
  })
}

const interim = /^HTTP\/1\.[01] 100[ \r]$/
const isPrefix = (text: string) => text !== '' && ['HTTP/1.1 100', 'HTTP/1.0 100'].some(start => start.startsWith(text))
/** Bytes of its head, at most: what is longer is for the parser to refuse. */
const longest = 16 * 1024
