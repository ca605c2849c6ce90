/** A place in a queue; one that has left it holds on to nothing. */
export type QueueEntry<T> = {
  value: T | undefined
  previous: QueueEntry<T> | undefined
  next: QueueEntry<T> | undefined
}

/**
 * What comes and goes all the time, first in first out, and may leave from anywhere. A `Set` would do, but it gets a new table
 * every few changes, and once V8 has moved one of them to the old generation, all later ones and what was in them live on
 * until the next major collection: twice the work for the collector for each call.
 */
export class Queue<T> {
  size = 0
  #first: QueueEntry<T> | undefined
  #last: QueueEntry<T> | undefined

  get first(): T | undefined {
    return this.#first?.value
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

  /** Puts it before all others. */
  unshift(value: T): void {
    const first = this.#first
    const place: QueueEntry<T> = { value, previous: undefined, next: first }
    if (first === undefined) this.#last = place
    else first.previous = place
    this.#first = place
    this.size++
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const place = this.#first
    if (place === undefined) return undefined
    const { value } = place
    this.delete(place)
    return value
  }

  /** False when it had left before. */
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

  /** What is in it now, in order. */
  values(): T[] {
    const values: T[] = []
    for (let place = this.#first; place !== undefined; place = place.next) values.push(place.value as T)
    return values
  }
}
