/** What a row says beside its numbers. */
export interface RowTitle {
  readonly bench: string
  readonly case: string
  /** What ours is held against. */
  readonly peer: string
  readonly unit: string
  /** What the ratio of ours to theirs must be. @default nothing: the row is there to be known */
  readonly goal?: Goal | undefined
}

/** What is measured: ours against a floor or a peer, in the same run and in turn. */
export interface Comparison extends RowTitle {
  readonly rounds: number
  /** One round of ours, in the unit. */
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
}

/** `most`: ours / theirs is at most so much; `least`: at least. */
export type Goal = { readonly most: number } | { readonly least: number }

export interface Row {
  readonly bench: string
  readonly case: string
  readonly peer: string
  /** Medians. */
  readonly ours: number
  readonly theirs: number
  readonly unit: string
  /** The median of the rounds' ratios of ours to theirs: what slows a round down slows both. */
  readonly ratio: number
  /** Half of the rounds' ratios lie within so much of each other. */
  readonly spread: number
  readonly goal: string
  /** Undefined without a goal. */
  readonly holds: boolean | undefined
}

/** What a round has shown. */
export interface Measured {
  readonly ours: number
  readonly theirs: number
}

export async function compare(comparison: Comparison): Promise<Row> {
  const { rounds } = comparison
  // Once each without counting: caches, connections, compiled code.
  await comparison.ours()
  await comparison.theirs()
  const measured: Measured[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first has the colder machine.
    if (round % 2 === 0) {
      const ours = await comparison.ours()
      measured.push({ ours, theirs: await comparison.theirs() })
    } else {
      const theirs = await comparison.theirs()
      measured.push({ ours: await comparison.ours(), theirs })
    }
  }
  return rowOf(comparison, measured)
}

export function rowOf({ bench, case: name, peer, unit, goal }: RowTitle, measured: readonly Measured[]): Row {
  const ratios = measured.map(({ ours, theirs }) => ours / theirs)
  const ratio = quantile(ratios, 0.5)
  return {
    bench,
    case: name,
    peer,
    ours: quantile(
      measured.map(({ ours }) => ours),
      0.5,
    ),
    theirs: quantile(
      measured.map(({ theirs }) => theirs),
      0.5,
    ),
    unit,
    ratio,
    spread: quantile(ratios, 0.75) - quantile(ratios, 0.25),
    ...verdict(ratio, goal),
  }
}

function verdict(ratio: number, goal: Goal | undefined): Pick<Row, 'goal' | 'holds'> {
  if (goal === undefined) return { goal: 'no goal', holds: undefined }
  if ('most' in goal) return { goal: `≤ ${Number(goal.most.toPrecision(2))}`, holds: ratio <= goal.most }
  return { goal: `≥ ${goal.least}`, holds: ratio >= goal.least }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** How long it takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** `count` calls, `width` of them in flight at any time. */
export async function inFlight(count: number, width: number, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: width }, lane))
}
