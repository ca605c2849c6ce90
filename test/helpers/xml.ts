/** An element of a small XML file, its text without that of its children. */
export type XmlElement = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** Reads XML of elements, attributes, text and the five entities; throws at anything that is not well-formed or not XML 1.0. */
export const parseXml = (xml: string): XmlElement => {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml) || Buffer.from(xml).toString() !== xml)
    throw new Error('No XML character')
  let rest = xml.replace(/^<\?xml [^?]*\?>\s*/, '')
  const take = (shape: RegExp): RegExpExecArray | undefined => {
    const found = shape.exec(rest) ?? undefined
    if (found !== undefined) rest = rest.slice(found[0].length)
    return found
  }
  const readElement = (): XmlElement => {
    const [, name = '', said = '', empty] = take(/^<([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/) ?? fail(rest)
    const pairs = [...said.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, decode(value)] as const,
    )
    if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error('An attribute is there twice')
    const attributes = Object.fromEntries(pairs)
    if (empty === '/') return { name, attributes, children: [], text: '' }
    const children: XmlElement[] = []
    let text = ''
    while (take(new RegExp(`^</${name}>`)) === undefined) {
      if (/^<\w/.test(rest)) children.push(readElement())
      else text += decode((take(/^[^<]+/) ?? fail(rest))[0])
    }
    return { name, attributes, children, text }
  }
  const root = readElement()
  if (rest.trim() !== '') throw new Error(`Something follows: ${rest}`)
  return root
}

const fail = (rest: string): never => {
  throw new Error(`Not well-formed: ${rest.slice(0, 80)}`)
}

const decode = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));|&/g, (found, code?: string, name?: string) => {
    if (code !== undefined) return String.fromCodePoint(Number(code))
    const known = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name ?? '']
    if (known === undefined) throw new Error(`No entity: ${found}`)
    return known
  })
