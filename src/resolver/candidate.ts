import type { ServiceInstance } from '../instance/index.ts'
import type { BalancerSource, Picked } from './balancer.ts'
import type { EndpointEntry, Endpointer } from './endpointer.ts'
import type { Instancer } from './instancer.ts'

/** Something that may be picked: an instance, or an endpoint with the instance it was made of. */
export interface Candidate<Target, Memo = unknown> {
  readonly target: Target
  /** The id of the instance; of an endpoint without one, its place. */
  readonly id: string
  readonly weight: number
  readonly zone: string | undefined
  readonly draining: boolean
  /** What the balancer remembers of it, for as long as it stays. */
  readonly memo: Memo
}

type Traits<Target> = Omit<Candidate<Target>, 'memo'>

/** How to read a source: where its items are, for it is one of three, and what an item says. */
export interface SourceReader<Target> {
  readonly list: readonly ServiceInstance[] | undefined
  readonly endpointer: Pick<Endpointer<unknown>, 'entries'> | undefined
  readonly instancer: Pick<Instancer, 'snapshot'> | undefined
  traitsOf(item: unknown, index: number): Traits<Target>
  /** For messages. */
  service(): string | undefined
}

/** @throws TypeError when it is none of the three. */
export function createReader<Source extends BalancerSource>(source: Source): SourceReader<Picked<Source>> {
  // The compiler does not follow the conditional type `Picked` through the branches.
  return readerOf(source) as SourceReader<Picked<Source>>
}

function readerOf(source: BalancerSource): SourceReader<unknown> {
  const none = { list: undefined, endpointer: undefined, instancer: undefined }
  // A list first: an array has a method `entries` too.
  if (isList(source)) {
    return { ...none, list: source, traitsOf: traitsOfInstance, service: () => source[0]?.service }
  }
  if (typeof source === 'object' && source !== null && 'entries' in source) {
    const service = () => source.entries()[0]?.instance?.service
    return { ...none, endpointer: source, traitsOf: traitsOfEntry, service }
  }
  if (typeof source === 'object' && source !== null && 'snapshot' in source) {
    return { ...none, instancer: source, traitsOf: traitsOfInstance, service: () => source.service }
  }
  throw new TypeError('source must be a list of instances, an instancer or an endpointer')
}

const isList = (source: BalancerSource): source is readonly ServiceInstance[] => Array.isArray(source)

function traitsOfInstance(item: unknown): Traits<unknown> {
  const { id, weight, zone, status } = item as ServiceInstance
  return { target: item, id, weight, zone, draining: status === 'draining' }
}

function traitsOfEntry(item: unknown, index: number): Traits<unknown> {
  const { endpoint, instance } = item as EndpointEntry<unknown>
  if (instance === undefined) {
    return { target: endpoint, id: String(index), weight: 1, zone: undefined, draining: false }
  }
  return { ...traitsOfInstance(instance), target: endpoint }
}

/** By its id, by what was picked, or by an instance of that id: the set may have a newer one by now. */
export function isNamed({ id, target }: Traits<unknown>, named: unknown): boolean {
  return named === id || named === target || (hasId(named) && named.id === id)
}

export function hasId(value: unknown): value is { readonly id: unknown } {
  return typeof value === 'object' && value !== null && 'id' in value
}
