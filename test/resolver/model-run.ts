import { createInstancer, type Instancer } from '../../src/resolver/index.ts'
import { ModelHistory } from './model-history.ts'
import { type ModelObserver, observe, snapshotOf } from './model-observer.ts'
import type { ModelRecords } from './model-records.ts'
import type { ModelTarget } from './model-target.ts'

/** How often what has happened, over all runs. */
export type ModelCounts = Map<string, number>

/** One instancer at one etcd, what etcd has held, and who was told what. */
export class ModelRun {
  readonly target: ModelTarget
  readonly history: ModelHistory
  readonly instancer: Instancer
  readonly observers: ModelObserver[] = []
  readonly #counts: ModelCounts
  readonly #flaws: string[] = []

  constructor(target: ModelTarget, history: ModelHistory, counts: ModelCounts) {
    this.target = target
    this.history = history
    this.#counts = counts
    const { service, format, filter } = history.records
    // Short enough for a stream that has fallen silent to be given up within a run in real time.
    const watch = { idleMs: 2000, headerTimeoutMs: 1000 }
    this.instancer = createInstancer(target.client, service, { format, watch, ...(filter && { filter }) })
  }

  static async begin(target: ModelTarget, records: ModelRecords, counts: ModelCounts): Promise<ModelRun> {
    const { revision } = await target.admin.kv.list({ prefix: records.format.dir(records.service) })
    return new ModelRun(target, new ModelHistory(records, revision), counts)
  }

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }

  subscribe(): void {
    this.observers.push(observe(this.instancer, this.history))
  }

  /** @throws when the instancer shows what etcd has not had. */
  look(): void {
    const snapshot = snapshotOf(this.instancer)
    if (snapshot === undefined) return
    this.count('snapshots looked at')
    expectNone(this.history.flawsOf(snapshot))
  }

  /** Whoever waits for the first list finds it. */
  ready(): void {
    this.instancer.ready().then(
      () => snapshotOf(this.instancer) ?? this.#flaws.push('ready() resolves before there is a snapshot'),
      () => {},
    )
  }

  /** Waits until nothing is wrong and nothing is under way. @throws unless what is shown is what etcd has. */
  async settle(): Promise<void> {
    const { target, history } = this
    target.line.heal()
    this.ready()
    await target.until(() => this.#unrest())
    this.look()
    const { records } = history
    const { kvs } = await target.admin.kv.list({ prefix: records.format.dir(records.service) })
    const [held, written] = [new Map(kvs.map(({ key, value }) => [key, value])), new Map(history.state)]
    written.delete(records.strayKey)
    for (const [key, { value }] of written) if (held.get(key) !== value) throw new Error(`the model is wrong on ${key}`)
    if (held.size !== written.size) throw new Error('the model is wrong on how many keys there are')
    this.#report()
  }

  /** Why this is not the end of what is to come. */
  #unrest(): string | undefined {
    const { instancer, history, observers } = this
    const { revision = 0, stale = true } = snapshotOf(instancer) ?? {}
    if (stale) return 'etcd is taken to be away'
    if (revision < history.changedAt) return `revision ${history.changedAt} is not seen, ${revision} is`
    const isBehind = observers.some((observer) => !observer.hasLeft && !observer.isCurrent())
    return isBehind ? 'a subscriber was not told the last set, or that the error is over' : undefined
  }

  async end(): Promise<void> {
    await this.settle()
    for (const { events } of this.observers) {
      this.count('snapshots told', events.filter(({ type }) => type === 'snapshot').length)
      this.count('errors told', events.filter(({ type }) => type === 'error').length)
    }
    await this.close()
    await this.target.admin.kv.put(this.history.records.keys[0] ?? '', this.history.records.good[0] ?? '')
    await this.target.pass(3000)
    this.#report()
  }

  /** Nothing is told from now on. Safe to repeat. */
  async close(): Promise<void> {
    for (const observer of this.observers) observer.expectNothing()
    await this.instancer.close()
  }

  #report(): void {
    expectNone([...this.#flaws, ...this.observers.flatMap(({ flaws }) => flaws)])
  }
}

function expectNone(flaws: readonly string[]): void {
  if (flaws.length > 0) throw new Error(flaws.join('\n'))
}
