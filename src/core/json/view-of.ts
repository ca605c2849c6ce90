/** A view of the same bytes: made once per buffer, which many lines share. The two buffers seen last are kept: mostly lines and a key. */
export const viewOf = (bytes: Uint8Array): DataView => {
  if (bytes !== viewed) {
    const before = view
    view = bytes === viewedBefore ? viewBefore : new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    viewBefore = before
    viewedBefore = viewed
    viewed = bytes
  }
  return view
}
let viewed: Uint8Array | undefined
let view: DataView = new DataView(new ArrayBuffer(0))
let viewedBefore: Uint8Array | undefined
let viewBefore: DataView = view

/** Whether the bytes at this offset are those of another view. */
export const startsWith = (bytes: DataView, start: number, word: DataView): boolean => {
  const { byteLength } = word
  if (start + byteLength > bytes.byteLength) return false
  let at = 0
  for (; at <= byteLength - 4; at += 4) if (bytes.getInt32(start + at) !== word.getInt32(at)) return false
  for (; at < byteLength; at++) if (bytes.getUint8(start + at) !== word.getUint8(at)) return false
  return true
}
