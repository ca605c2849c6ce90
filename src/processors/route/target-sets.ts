/** Sets of targets by number: the first numbers are those of one target each. */
export class TargetSets {
  readonly #sets: (readonly number[])[]
  readonly #numbers = new Map<string, number>()

  constructor(targets: number) {
    this.#sets = Array.from({ length: targets }, (_, target) => [target])
  }

  /** The number of a set of one or more targets. */
  find(targets: readonly number[]): number {
    if (targets.length === 1) return targets[0] as number
    const name = targets.join(' ')
    const known = this.#numbers.get(name) ?? this.#sets.push([...targets]) - 1
    this.#numbers.set(name, known)
    return known
  }

  at(set: number): readonly number[] {
    return this.#sets[set] as readonly number[]
  }
}
