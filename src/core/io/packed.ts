/** How the bytes of an input are packed, told by the first of them. */
export type Packing = { readonly name: string; readonly unpack: string }

/** `gzip` is unpacked here; what else is known is named; undefined: not packed; `more`: too few bytes to tell. */
export const findPacking = (head: Buffer): Packing | 'gzip' | 'more' | undefined => {
  if (startsAs(head, gzip)) return head.length >= gzip.length ? 'gzip' : 'more'
  const found = packings.find(({ first }) => startsAs(head, first))
  return found === undefined || head.length >= found.first.length ? found : 'more'
}

/** As many bytes as it takes to tell. */
export const packingLength = 10

const gzip = [0x1f, 0x8b]

// No text begins so: bzip2 is told by the block behind its `BZh9`.
const packings: readonly (Packing & { readonly first: readonly (number | undefined)[] })[] = [
  { name: 'zstd', unpack: 'zstd -dc', first: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'bzip2', unpack: 'bzip2 -dc', first: [...Buffer.from('BZh'), undefined, ...Buffer.from('1AY&SY')] },
  { name: 'xz', unpack: 'xz -dc', first: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { name: 'zip', unpack: 'unzip -p', first: [0x50, 0x4b, 3, 4] },
]

const startsAs = (head: Buffer, first: readonly (number | undefined)[]): boolean =>
  first.slice(0, head.length).every((byte, index) => byte === undefined || byte === head[index])
