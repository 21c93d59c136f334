/** A call that changes or reads keys and leases. */
export interface Operation {
  readonly path: string
  readonly body: object
}

const keys = ['a', 'a/1', 'a/2', 'b', 'b\xff', 'c', 'd', '\0', '\xff'].map((key) => btoa(key))
const ends = ['a', 'a0', 'b', 'c\0', 'd', '\0', '\xff'].map((key) => btoa(key))
const values = ['', 'x', 'y', 'zz'].map((value) => btoa(value))
export const leases: readonly string[] = ['101', '102', '-103', '9223372036854775807']

/** Operations that collide as often as possible: few keys, old and future revisions, leases that come and go. */
export class RandomOperations {
  #state: number

  /** The same seed gives the same operations. */
  constructor(seed: number) {
    this.#state = seed
  }

  /** The next operation on a store that is at `revision`. */
  next(revision: number): Operation {
    const dice = this.#below(100)
    if (dice < 30) return { path: '/v3/kv/put', body: this.#put() }
    if (dice < 55) return { path: '/v3/kv/range', body: this.#range(revision) }
    if (dice < 65) return { path: '/v3/kv/deleterange', body: this.#deleteRange() }
    if (dice < 94) return { path: '/v3/kv/txn', body: tamed(this.#txn(revision, 2)) }
    if (dice < 95) return { path: '/v3/kv/compaction', body: { revision: this.#revision(revision) } }
    const ID = this.#one(leases)
    if (dice < 98) return { path: '/v3/lease/grant', body: { ID, TTL: 600 } }
    return { path: '/v3/lease/revoke', body: { ID } }
  }

  watch(revision: number): object {
    return {
      ...this.#span(),
      start_revision: this.#below(revision + 2),
      ...this.#maybe(70, () => ({ prev_kv: true })),
      ...this.#maybe(20, () => ({ filters: [this.#one(['NOPUT', 'NODELETE'])] })),
    }
  }

  #put(): object {
    return {
      key: this.#one(keys),
      ...this.#maybe(80, () => ({ value: this.#one(values) })),
      ...this.#maybe(30, () => ({ lease: this.#one([...leases, '404']) })),
      ...this.#maybe(30, () => ({ prev_kv: true })),
      ...this.#maybe(10, () => ({ ignore_value: true })),
      ...this.#maybe(10, () => ({ ignore_lease: true })),
    }
  }

  #range(revision: number): object {
    return {
      ...this.#span(),
      ...this.#maybe(30, () => ({ limit: this.#below(4) - 1 })),
      ...this.#maybe(30, () => ({ revision: this.#revision(revision) })),
      ...this.#maybe(30, () => ({ sort_order: this.#one(['NONE', 'ASCEND', 'DESCEND']) })),
      ...this.#maybe(20, () => ({ sort_target: this.#one(['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE']) })),
      ...this.#maybe(10, () => ({ count_only: true })),
      ...this.#maybe(10, () => ({ min_mod_revision: this.#revision(revision) })),
      ...this.#maybe(10, () => ({ max_mod_revision: this.#revision(revision) })),
      ...this.#maybe(10, () => ({ min_create_revision: this.#revision(revision) })),
      ...this.#maybe(10, () => ({ max_create_revision: this.#revision(revision) })),
    }
  }

  #deleteRange(): object {
    return { ...this.#span(), ...this.#maybe(50, () => ({ prev_kv: true })) }
  }

  #txn(revision: number, depth: number): object {
    return {
      compare: this.#some(3, () => this.#compare(revision)),
      success: this.#some(4, () => this.#step(revision, depth)),
      failure: this.#some(4, () => this.#step(revision, depth)),
    }
  }

  #step(revision: number, depth: number): object {
    const dice = this.#below(100)
    if (dice < 35) return { request_put: this.#put() }
    if (dice < 60) return { request_range: this.#range(revision) }
    if (dice < 80) return { request_delete_range: this.#deleteRange() }
    return depth > 0 && dice < 98 ? { request_txn: this.#txn(revision, depth - 1) } : {}
  }

  #compare(revision: number): object {
    const operand = this.#one([
      { target: 'VERSION', version: this.#below(4) },
      { target: 'CREATE', create_revision: this.#revision(revision) },
      { target: 'MOD', mod_revision: this.#revision(revision) },
      { target: 'VALUE', value: this.#one(values) },
      { target: 'LEASE', lease: this.#one(leases) },
      { target: 'MOD', version: 1 },
    ])
    return { ...this.#span(), ...operand, result: this.#one(['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL', 7]) }
  }

  #span(): object {
    return { key: this.#one(keys), ...this.#maybe(50, () => ({ range_end: this.#one(ends) })) }
  }

  /** From -1 to one that does not exist yet. */
  #revision(current: number): number {
    return this.#below(current + 3) - 1
  }

  #some<Item>(limit: number, item: () => Item): Item[] {
    return Array.from({ length: this.#below(limit) }, item)
  }

  #maybe<Part extends object>(percent: number, part: () => Part): Part | undefined {
    return this.#below(100) < percent ? part() : undefined
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)] as Item
  }

  #below(limit: number): number {
    // A linear congruential generator, with the constants of Numerical Recipes.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }
}

/**
 * A transaction that every etcd answers the same. A put that keeps the value or the lease of a key which the transaction has
 * deleted was seen to end the process of 3.4.23, 3.5.33, 3.6.14 and 3.7.1. And one with neither its key nor its lease misses
 * the lease first in 3.7, the key first in earlier ones.
 */
function tamed(txn: object): object {
  const text = JSON.stringify(txn)
  if (!/request_delete_range|"request_put":\{[^}]*"lease"/.test(text)) return txn
  return JSON.parse(text, (name, value: unknown) => (/^ignore_/.test(name) ? undefined : value)) as object
}
