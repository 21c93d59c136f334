import type { InstanceFormat } from '../instance/index.ts'
import { byKey, type Change } from './record-set.ts'
import type { ResolvedInstance } from './service-snapshot.ts'

/**
 * Remembers who has left lately, and gives them back for a while when nobody is left. Leases that expire together are
 * deleted over several revisions, so the last set that was not empty may be one of a thousand.
 */
export interface EmptyGuard {
  /**
   * What to show instead of the set, from {@link resume} on for as long as it takes; undefined: the set. Only those whose
   * records are gone are given back: what another word of etcd's has taken out of the set is rightly out of it.
   */
  keep(
    instances: readonly ResolvedInstance[],
    change: Change,
    isGone: (key: string) => boolean,
  ): readonly ResolvedInstance[] | undefined
  /** etcd cannot be asked: until {@link resume} time does not count. */
  pause(): void
  resume(): void
  close(): void
}

/** @param onOver told when the set is to be shown as it is, though it is still empty */
export function createEmptyGuard(keepLastMs: number, format: InstanceFormat, onOver: () => void): EmptyGuard {
  /** The earliest first. */
  const left = new Map<string, { readonly instance: ResolvedInstance; readonly at: number }>()
  let wasEmpty = true
  let kept: readonly ResolvedInstance[] | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let timerEnds = 0
  let remainingMs = 0
  let isClosed = false

  const remember = ({ removed }: Change, isGone: (key: string) => boolean) => {
    const now = performance.now()
    for (const instance of removed) {
      left.delete(nameOf(instance))
      if (isGone(instance.key)) left.set(nameOf(instance), { instance, at: now })
    }
    for (const [name, { at }] of left) {
      if (at >= now - keepLastMs) break
      left.delete(name)
    }
  }

  const pause = () => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    remainingMs = Math.max(0, timerEnds - performance.now())
  }

  const resume = () => {
    if (kept === undefined || timer !== undefined) return
    timerEnds = performance.now() + remainingMs
    timer = setTimeout(() => {
      letGo()
      onOver()
    }, remainingMs)
  }

  const letGo = () => {
    pause()
    kept = undefined
  }

  const show = (instances: readonly ResolvedInstance[]) => {
    const shown = format.visible?.(instances) ?? instances
    if (shown.length === 0) letGo()
    else kept = Object.freeze([...shown])
  }

  return {
    keep(instances, change, isGone) {
      remember(change, isGone)
      const stillGone = ({ key }: ResolvedInstance) => isGone(key)
      const becameEmpty = instances.length === 0 && !wasEmpty
      wasEmpty = instances.length === 0
      if (!wasEmpty) letGo()
      else if (kept?.every(stillGone) === false) show(kept.filter(stillGone))
      if (becameEmpty && !isClosed) {
        remainingMs = keepLastMs
        const known = [...left.values()].map(({ instance }) => instance)
        show(known.filter(stillGone).sort(byKey))
      }
      return kept
    },
    pause,
    resume,
    close() {
      isClosed = true
      letGo()
      left.clear()
    },
  }
}

/** As instances are told apart in a {@link Change}. */
const nameOf = ({ key, id }: ResolvedInstance) => `${key}\n${id}`
