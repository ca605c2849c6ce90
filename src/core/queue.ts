/** A place in a queue; once removed, it refers to nothing. */
export type QueueEntry<T> = {
  value: T | undefined
  previous: QueueEntry<T> | undefined
  next: QueueEntry<T> | undefined
}

/**
 * A first-in, first-out queue for entries that change all the time, and that can be removed from anywhere. A `Set` would work, but it
 * gets a new table every few changes; once V8 has moved one table to the old generation, all later ones and their contents stay
 * alive until the next major collection: twice the work for the garbage collector per call.
 */
export class Queue<T> {
  size = 0
  #first: QueueEntry<T> | undefined
  #last: QueueEntry<T> | undefined

  get first(): T | undefined {
    return this.#first?.value
  }

  /** The place of the first entry. */
  get firstPlace(): QueueEntry<T> | undefined {
    return this.#first
  }

  add(value: T): QueueEntry<T> {
    const last = this.#last
    const place: QueueEntry<T> = { value, previous: last, next: undefined }
    if (last === undefined) this.#first = place
    else last.next = place
    this.#last = place
    this.size++
    return place
  }

  /** Adds an entry at the front. */
  unshift(value: T): void {
    const first = this.#first
    const place: QueueEntry<T> = { value, previous: undefined, next: first }
    if (first === undefined) this.#last = place
    else first.previous = place
    this.#first = place
    this.size++
  }

  /** Removes the first entry. */
  shift(): T | undefined {
    const place = this.#first
    if (place === undefined) return undefined
    const { value } = place
    this.delete(place)
    return value
  }

  /** False if it had been removed before. */
  delete(place: QueueEntry<T>): boolean {
    const { previous, next, value } = place
    if (value === undefined) return false
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    place.value = undefined
    place.previous = undefined
    place.next = undefined
    this.size--
    return true
  }

  /** The current entries, in order. */
  values(): T[] {
    const values: T[] = []
    for (let place = this.#first; place !== undefined; place = place.next) values.push(place.value as T)
    return values
  }
}
