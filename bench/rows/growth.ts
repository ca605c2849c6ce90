import type { Row, Setting } from '../row.js'

/** Twice the input, twice the time. */
export const describeRows = ({ records, data, streamz }: Setting): readonly Row[] => {
  const sizes = [records / 4, records / 2, records]
  const growth = (args: string): Row => {
    const command = `${streamz} ${args}`
    const name = (size: number) => `${size} records`
    const [, ...larger] = sizes
    return {
      title: `Growth: ${args}`,
      unit: 's',
      rounds: [5, 3],
      contenders: [
        { name: 'no records', run: `${command} </dev/null >/dev/null` },
        ...sizes.map(size => ({ name: name(size), run: `cat ${data(size)} | ${command} | cat >/dev/null` })),
      ],
      targets: larger.map(size => ({
        what: `${name(size)} of ${name(size / 2)}, both without the start`,
        figure: median => (median(name(size)) - median('no records')) / (median(name(size / 2)) - median('no records')),
        atMost: 2.2,
      })),
    }
  }
  return ['take 1000000000', 'batch --size 100', 'throttle --rate 1000000000/s --burst 100000000 --key .user'].map(
    growth,
  )
}
