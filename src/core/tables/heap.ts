/** Numbered things by rank and, among equals, by order: the smallest first. */
export class Heap {
  #ranks = new Float64Array(16)
  #orders = new Float64Array(16)
  #items = new Int32Array(16)
  size = 0

  /** The smallest rank; infinite when there is none. */
  get rank(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.#ranks[0] as number)
  }

  get order(): number {
    return this.#orders[0] as number
  }

  get item(): number {
    return this.#items[0] as number
  }

  add(rank: number, order: number, item: number): void {
    if (this.size === this.#items.length) this.#grow()
    let place = this.size++
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isBefore(rank, order, parent)) break
      this.#move(parent, place)
      place = parent
    }
    this.#set(place, rank, order, item)
  }

  /** Takes the first one out. */
  remove(): void {
    const last = --this.size
    const rank = this.#ranks[last] as number
    const order = this.#orders[last] as number
    let place = 0
    for (let child = 1; child < last; child = 2 * place + 1) {
      const other = child + 1
      if (other < last && this.#isBefore(this.#ranks[other] as number, this.#orders[other] as number, child))
        child = other
      if (this.#isBefore(rank, order, child)) break
      this.#move(child, place)
      place = child
    }
    this.#set(place, rank, order, this.#items[last] as number)
  }

  #isBefore(rank: number, order: number, place: number): boolean {
    const other = this.#ranks[place] as number
    return rank < other || (rank === other && order < (this.#orders[place] as number))
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#ranks[from] as number, this.#orders[from] as number, this.#items[from] as number)
  }

  #set(place: number, rank: number, order: number, item: number): void {
    this.#ranks[place] = rank
    this.#orders[place] = order
    this.#items[place] = item
  }

  #grow(): void {
    const [ranks, orders, items] = [this.#ranks, this.#orders, this.#items]
    this.#ranks = new Float64Array(2 * items.length)
    this.#orders = new Float64Array(2 * items.length)
    this.#items = new Int32Array(2 * items.length)
    this.#ranks.set(ranks)
    this.#orders.set(orders)
    this.#items.set(items)
  }
}
