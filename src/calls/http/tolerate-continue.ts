import type { Socket } from 'node:net'

/**
 * Removes an unsolicited `100 Continue` from the bytes read from a connection. A client must accept one (RFC 9110, section 15.2),
 * but undici closes the connection, after the server has received the request. A request is written completely before its
 * response is read, so only the beginning of a response is checked.
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
