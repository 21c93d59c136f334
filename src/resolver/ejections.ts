interface Ejectable {
  readonly id: string
}

/** Which candidates are left alone for a while, by id. No timer: whoever picks looks at the clock, while there is a reason to. */
export interface Ejections {
  add(failed: readonly Ejectable[]): void
  none(): boolean
  /** Whether one is over since {@link present} was last asked. */
  over(): boolean
  /** Those that are not ejected. When that would be nobody, everybody is back and has a clean slate. */
  present<Each extends Ejectable>(all: readonly Each[]): readonly Each[]
}

export function createEjections(ejectMs: number): Ejections {
  const until = new Map<string, number>()
  let firstEnd = Number.POSITIVE_INFINITY

  const forgetOver = () => {
    const now = performance.now()
    firstEnd = Number.POSITIVE_INFINITY
    for (const [id, end] of until) {
      if (end <= now) until.delete(id)
      else if (end < firstEnd) firstEnd = end
    }
  }

  return {
    add(failed) {
      for (const { id } of failed) until.set(id, performance.now() + ejectMs)
    },
    none: () => until.size === 0,
    over: () => performance.now() >= firstEnd,
    present(all) {
      forgetOver()
      if (until.size === 0) return all
      const left = all.filter(({ id }) => !until.has(id))
      if (left.length > 0) return left
      until.clear()
      return all
    },
  }
}
