import { checkMs } from '../check-ms.ts'
import { NoInstancesError } from '../errors.ts'
import type { ServiceInstance } from '../instance/index.ts'
import type { BalancerOptions, BalancerSource, Picked, PickOptions } from './balancer.ts'
import { type Candidate, createReader, isNamed, type SourceReader } from './candidate.ts'
import { createEjections, type Ejections } from './ejections.ts'

const none: readonly never[] = []

/**
 * The candidates of a source, worked out once for each state of it. Draining, weight 0 and `exclude` are binding; the zone
 * and ejections are preferences: own zone, other zones, and last what is ejected.
 *
 * A class, for a pick is so short that the variables of a closure would be half of what it costs.
 */
export class CandidatePool<Source extends BalancerSource, Memo = undefined> {
  readonly #source: SourceReader<Picked<Source>>
  readonly #list: readonly ServiceInstance[] | undefined
  readonly #endpointer: SourceReader<Picked<Source>>['endpointer']
  readonly #instancer: SourceReader<Picked<Source>>['instancer']
  readonly #ejections: Ejections
  readonly #zone: string | undefined
  readonly #remember: (id: string) => Memo
  #from: readonly unknown[] | undefined
  /** One for each item of it. */
  #all: readonly Candidate<Picked<Source>, Memo>[] = none
  /** Those of them that may be picked. */
  #known: readonly Candidate<Picked<Source>, Memo>[] = none
  /** The better ones first. */
  #choices: readonly (readonly Candidate<Picked<Source>, Memo>[])[] = none
  #preferred: readonly Candidate<Picked<Source>, Memo>[] = none
  /** As long as the set is the same, so is `#preferred`, and it is not empty. */
  #settled = false

  /**
   * @param remember what to remember of a candidate, to begin with; it is kept for as long as the candidate stays.
   * @throws RangeError for `ejectMs`, TypeError for a source that is none.
   */
  constructor(source: Source, { zone, ejectMs = 5000 }: BalancerOptions, remember: (id: string) => Memo) {
    const reader = createReader(source)
    this.#source = reader
    this.#list = reader.list
    this.#endpointer = reader.endpointer
    this.#instancer = reader.instancer
    this.#ejections = createEjections(checkMs(ejectMs, 'ejectMs', 0))
    this.#zone = zone
    this.#remember = remember
  }

  /**
   * Those to pick from: at least one. The same array comes until the set or an ejection changes, unless something is
   * excluded.
   * @throws NoInstancesError, and what the source throws.
   */
  choose(options: PickOptions<Picked<Source>> | undefined): readonly Candidate<Picked<Source>, Memo>[] {
    const items = this.#list ?? this.#endpointer?.entries() ?? this.#instancer?.snapshot().instances ?? none
    if (items === this.#from && this.#settled && options?.exclude === undefined) return this.#preferred
    return this.#chooseAnew(items, options?.exclude)
  }

  reportFailure(failed: unknown): void {
    const named = this.#known.filter((candidate) => isNamed(candidate, failed))
    if (named.length === 0) return
    this.#ejections.add(named)
    this.#sort()
  }

  #chooseAnew(items: readonly unknown[], exclude: readonly unknown[] = none) {
    if (items !== this.#from) this.#read(items)
    else if (this.#ejections.over()) this.#sort()
    const candidates = exclude.length === 0 ? this.#preferred : this.#without(exclude)
    if (candidates.length === 0) throw this.#nothing(items)
    return candidates
  }

  /** A change leaves most items as they are: their candidates are not worked out again. */
  #read(items: readonly unknown[]): void {
    const all = this.#all
    const { start, end } = this.#unchanged(items)
    const left = all.slice(start, all.length - end)
    const memos = new Map(left.filter(isPickable).map(({ id, memo }) => [id, memo]))
    const met = items.slice(start, items.length - end).map((item, index) => {
      const traits = this.#source.traitsOf(item, start + index)
      const memo = memos.get(traits.id) ?? this.#remember(traits.id)
      memos.delete(traits.id)
      return { ...traits, memo }
    })
    const wereAll = this.#known.length === all.length
    const now = all.slice(0, start).concat(met, all.slice(all.length - end))
    this.#all = now
    this.#known = wereAll && met.every(isPickable) ? now : now.filter(isPickable)
    this.#from = items
    this.#sort()
  }

  /** How many items at the start and at the end are those of the last time. */
  #unchanged(items: readonly unknown[]): { readonly start: number; readonly end: number } {
    const from = this.#from ?? none
    const shorter = Math.min(items.length, from.length)
    let start = 0
    // `===` would look into each of them, and of 10,000 few are in the processor's cache.
    while (start < shorter && Object.is(items[start], from[start])) start += 1
    let end = 0
    // An endpoint without an instance is named after its place.
    if (this.#endpointer !== undefined && items.length !== from.length) return { start, end }
    while (end < shorter - start && Object.is(items[items.length - 1 - end], from[from.length - 1 - end])) end += 1
    return { start, end }
  }

  #sort(): void {
    const known = this.#known
    const present = this.#ejections.present(known)
    const inZone = (candidates: typeof known) => candidates.filter(({ zone }) => zone === this.#zone)
    this.#choices = this.#zone === undefined ? [present, known] : [inZone(present), present, inZone(known), known]
    this.#preferred = this.#choices.find((choice) => choice.length > 0) ?? none
    this.#settled = this.#preferred.length > 0 && this.#ejections.none()
  }

  #without(exclude: readonly unknown[]): readonly Candidate<Picked<Source>, Memo>[] {
    for (const choice of this.#choices) {
      const left = choice.filter((candidate) => !exclude.some((named) => isNamed(candidate, named)))
      if (left.length > 0) return left
    }
    return none
  }

  #nothing(items: readonly unknown[]): NoInstancesError {
    const why = this.#known.length > 0 ? 'all are excluded' : items.length > 0 ? 'all are drained' : 'there is none'
    const service = this.#source.service()
    const of = service === undefined ? '' : ` of "${service}"`
    return new NoInstancesError(`no instance${of} to pick: ${why}`, service === undefined ? {} : { service })
  }
}

const isPickable = ({ weight, draining }: Candidate<unknown>) => weight > 0 && !draining
