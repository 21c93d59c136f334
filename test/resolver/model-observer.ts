import { type ServiceInstance, sameInstance } from '../../src/instance/index.ts'
import type { Change, Instancer, InstancerEvent, ResolvedInstance, ServiceSnapshot } from '../../src/resolver/index.ts'
import type { ModelHistory } from './model-history.ts'

/** A subscriber that trusts nothing it is told. */
export interface ModelObserver {
  readonly events: readonly InstancerEvent[]
  /** What it was told wrongly, in words. */
  readonly flaws: readonly string[]
  readonly hasLeft: boolean
  /** Whether what it was told last is what the instancer has. */
  isCurrent(): boolean
  /** Anything that it is told from now on is a flaw. */
  expectNothing(): void
  /** It wants to be told no more. */
  leave(): void
}

type Told = ReadonlyMap<string, ResolvedInstance>

export function observe(instancer: Instancer, history: ModelHistory): ModelObserver {
  const events: InstancerEvent[] = []
  const flaws: string[] = []
  let told: Told | undefined
  let last: ServiceSnapshot | undefined
  let hasLeft = false
  let isNewcomer = true

  const takeError = () => {
    if (snapshotOf(instancer)?.stale === false) flaws.push('an error is told while the snapshot says it is current')
  }

  const takeSnapshot = (snapshot: ServiceSnapshot, change: Change) => {
    // What is written at this very moment is in the history only when etcd has answered.
    const before = last
    checks.push(() =>
      flaws.push(...history.flawsOf(snapshot), ...(before ? history.flawsBetween(before, snapshot) : [])),
    )
    if (snapshotOf(instancer) !== snapshot) flaws.push('another snapshot is told than the instancer has')
    if (snapshot.stale && !isNewcomer) flaws.push('a stale snapshot is told as news')
    if (last !== undefined && snapshot.revision < last.revision) flaws.push(`back to revision ${snapshot.revision}`)
    if (!Object.isFrozen(snapshot) || !Object.isFrozen(snapshot.instances)) flaws.push('a snapshot can be changed')
    const isSame = told !== undefined && change.added.length + change.updated.length + change.removed.length === 0
    if (isSame && events.at(-1)?.type !== 'error') flaws.push(`the same set is told twice at ${snapshot.revision}`)
    const next = apply(told ?? new Map(), change, flaws)
    if (!sameSet(next, byName(snapshot.instances)))
      flaws.push(`at ${snapshot.revision} the change is not the difference`)
    last = snapshot
    told = byName(snapshot.instances)
  }

  const checks: (() => void)[] = []
  const unsubscribe = instancer.subscribe((event) => {
    if (hasLeft) flaws.push('told after it has left')
    if (event.type === 'error') takeError()
    else takeSnapshot(event.snapshot, event.change)
    events.push(event)
  })
  isNewcomer = false
  return {
    events,
    get flaws() {
      for (const check of checks.splice(0)) check()
      return flaws
    },
    get hasLeft() {
      return hasLeft
    },
    isCurrent: () =>
      events.at(-1)?.type === 'snapshot' && sameSet(told ?? new Map(), byName(instancer.snapshot().instances)),
    expectNothing() {
      hasLeft = true
    },
    leave() {
      hasLeft = true
      unsubscribe()
    },
  }
}

/** @returns `undefined` when there is none yet. */
export function snapshotOf(instancer: Instancer): ServiceSnapshot | undefined {
  try {
    return instancer.snapshot()
  } catch {
    return undefined
  }
}

const nameOf = ({ key, id }: ResolvedInstance) => `${key}\n${id}`

const byName = (instances: readonly ResolvedInstance[]): Told =>
  new Map(instances.map((instance) => [nameOf(instance), instance]))

/** The set behind a change, as a subscriber that is told nothing but changes would have it. */
function apply(told: Told, { added, updated, removed }: Change, flaws: string[]): Told {
  const next = new Map(told)
  for (const instance of added) {
    if (next.has(nameOf(instance))) flaws.push(`${nameOf(instance)} is added and was there`)
    next.set(nameOf(instance), instance)
  }
  for (const instance of updated) {
    const was: ServiceInstance | undefined = told.get(nameOf(instance))
    if (was === undefined || sameInstance(was, instance)) flaws.push(`${nameOf(instance)} is updated and says the same`)
    next.set(nameOf(instance), instance)
  }
  for (const instance of removed) {
    if (!next.delete(nameOf(instance))) flaws.push(`${nameOf(instance)} is removed and was not there`)
  }
  return next
}

function sameSet(a: Told, b: Told): boolean {
  const says = (name: string, instance: ResolvedInstance) => {
    const other = b.get(name)
    return other !== undefined && sameInstance(instance, other)
  }
  return a.size === b.size && [...a].every(([name, instance]) => says(name, instance))
}
