/** A view of the same bytes: made once per buffer, which many lines share. The buffer seen last is kept. */
export const viewOf = (bytes: Uint8Array): DataView => {
  if (bytes !== viewed) {
    viewed = bytes
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  return view
}
let viewed: Uint8Array | undefined
let view: DataView = new DataView(new ArrayBuffer(0))
