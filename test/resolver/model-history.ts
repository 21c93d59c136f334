import type { ServiceInstance } from '../../src/instance/index.ts'
import type { ServiceSnapshot } from '../../src/resolver/index.ts'
import { createMatcher } from '../../src/resolver/instance-filter.ts'
import type { ModelRecords } from './model-records.ts'

interface StoredRecord {
  readonly value: string
  readonly leaseId: string
  readonly createRevision: number
  readonly modRevision: number
}

type State = ReadonlyMap<string, StoredRecord>

export type ModelChange =
  | { readonly key: string; readonly value: string; readonly leaseId?: string | undefined }
  | { readonly key: string; readonly value?: undefined }

/** What etcd holds as the only one who writes knows it: the state of each revision, compacted or not. */
export class ModelHistory {
  /** Ids of the leases that are alive. */
  leases: readonly string[] = []
  compactedTo: number
  /** The last revision in which a key of the service has changed. */
  changedAt: number
  readonly records: ModelRecords
  readonly #first: number
  readonly #states: State[] = [new Map()]

  /** @param revision Of an etcd that holds nothing of the service. */
  constructor(records: ModelRecords, revision: number) {
    this.records = records
    this.#first = revision
    this.changedAt = revision
    this.compactedTo = revision
  }

  get revision(): number {
    return this.#first + this.#states.length - 1
  }

  get state(): State {
    return this.#states.at(-1) ?? new Map()
  }

  /** @returns `undefined` for a revision that has never been. */
  at(revision: number): State | undefined {
    return this.#states[revision - this.#first]
  }

  /** One write: all of it is one revision, and none when nothing is deleted. */
  commit(changes: readonly ModelChange[]): void {
    const state = new Map(this.state)
    const revision = this.revision + 1
    const real = changes.filter(({ key, value }) => value !== undefined || state.has(key))
    if (real.length === 0) return
    for (const change of real) {
      const { key, value } = change
      if (value === undefined) state.delete(key)
      else {
        const { createRevision = revision } = state.get(key) ?? {}
        state.set(key, { value, leaseId: change.leaseId ?? '0', createRevision, modRevision: revision })
      }
    }
    this.#states.push(state)
    if (real.some(({ key }) => this.#isOurs(key))) this.changedAt = revision
  }

  keysUnder(leaseId: string): string[] {
    return [...this.state].filter(([, record]) => record.leaseId === leaseId).map(([key]) => key)
  }

  /** What is wrong with what somebody was shown; nothing when etcd has had exactly that at its revision. */
  flawsOf({ revision, instances, rejected }: ServiceSnapshot): string[] {
    const state = this.at(revision)
    if (state === undefined) return [`revision ${revision} has never been`]
    const flaws: string[] = []
    const expected: ServiceInstance[] = []
    let unreadable = 0
    const keys = [...state.keys()].filter((key) => this.#isOurs(key)).sort()
    for (const key of keys) {
      const record = state.get(key)
      const decoded = this.#decode(key, record)
      if (decoded === undefined) {
        unreadable += 1
        const kept = instances.filter((instance) => instance.key === key)
        const was = this.at(kept[0]?.modRevision ?? 0)?.get(key)
        if (kept.length > 0 && was?.createRevision !== record?.createRevision)
          flaws.push(`${key} is of an earlier life`)
        if (kept.length > 0 && !same(this.#decode(key, was) ?? [], kept)) flaws.push(`${key} has never said that`)
        expected.push(...kept)
      } else expected.push(...decoded)
    }
    const { format } = this.records
    if (!same(format.visible?.(expected as never) ?? expected, instances)) {
      flaws.push(`at revision ${revision} etcd had ${show(expected)}, shown was ${show(instances)}`)
    }
    if (rejected !== unreadable) flaws.push(`${unreadable} are unreadable, told were ${rejected}`)
    return flaws
  }

  /** What is wrong with going from one set to the next: a record that became unreadable must not take a good one along. */
  flawsBetween(before: ServiceSnapshot, after: ServiceSnapshot): string[] {
    const state = this.at(after.revision)
    const lost = before.instances.filter(({ key, createRevision, modRevision }) => {
      const record = state?.get(key)
      if (record?.createRevision !== createRevision || this.#decode(key, record) !== undefined) return false
      if (after.instances.some((instance) => instance.key === key)) return false
      // One that could be read meanwhile may have said that there is nobody.
      const between = Array.from({ length: after.revision - modRevision }, (_, index) => this.at(modRevision + index))
      return !between.some((held) => this.#decode(key, held?.get(key))?.length === 0)
    })
    return lost.map(({ key }) => `${key} became unreadable, and its good record is gone`)
  }

  #isOurs(key: string): boolean {
    return key !== this.records.strayKey
  }

  #decode(key: string, record: StoredRecord | undefined): readonly ServiceInstance[] | undefined {
    if (record === undefined) return undefined
    const { format, service, filter } = this.records
    const { value, ...stored } = record
    const bytes = new TextEncoder().encode(value)
    try {
      const decoded = format.decode(key, bytes, service).filter(createMatcher(filter))
      return decoded.map((instance) => ({ ...instance, key, ...stored }))
    } catch {
      return undefined
    }
  }
}

const show = (instances: readonly object[]) => JSON.stringify(instances.map((each) => Object.entries(each).sort()))

const same = (a: readonly object[], b: readonly object[]) => show(a) === show(b)
