import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { changes, lookers, troubles } from './model-commands.ts'
import { modelRecords, recordKinds } from './model-records.ts'
import { type ModelCounts, ModelRun } from './model-run.ts'
import { type ModelTarget, realTarget, simulatorTarget } from './model-target.ts'

/** For whoever looks for a failure again, or for longer: what fast-check has printed, and how many runs. */
const { MODEL_SEED, MODEL_RUNS } = process.env

/** Whatever happens, in any order: what is shown is what etcd has had, and in the end what it has. */
async function check(open: (run: number) => ModelTarget, runs: number, maxCommands: number): Promise<ModelCounts> {
  const counts: ModelCounts = new Map()
  const commands = fc.commands([...changes, ...troubles, ...lookers], { maxCommands, size: 'max' })
  let index = 0
  const property = fc.asyncProperty(fc.constantFrom(...recordKinds), fc.nat(), commands, async (kind, chance, plan) => {
    seedChance(chance)
    index += 1
    const target = open(index)
    const run = await ModelRun.begin(target, modelRecords(kind, `/model/${index}`), counts)
    try {
      await fc.asyncModelRun(() => ({ model: run.history, real: run }), plan)
      await run.end()
    } finally {
      await run.close()
      await target.end()
    }
    counts.set('runs', index)
  })
  const seed = MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }
  await fc.assert(property, { numRuns: Number(MODEL_RUNS ?? runs), endOnFailure: true, unbiased: true, ...seed })
  return counts
}

/** Delays are jittered, and a failure has to come again with its seed. */
function seedChance(seed: number): void {
  let state = seed
  vi.spyOn(Math, 'random').mockImplementation(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  })
}

function print(where: string, counts: ModelCounts): void {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what} ${times}`)
  console.log(`the instancer's model, ${where}: ${rows.join(', ')}`)
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('an instancer under random changes and faults', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    })
  })

  it('shows nothing that etcd has not had, tells each change once, and ends with what etcd has', async () => {
    const counts = await check(() => simulatorTarget((ms) => vi.advanceTimersByTime(ms)), 300, 60)
    print('in memory', counts)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describeWithEtcd('an instancer of a real etcd under random changes and faults', () => {
  let etcd: Etcd
  let proxy: TcpProxy
  beforeAll(async () => {
    etcd = await startEtcd()
    proxy = await startTcpProxy(etcd.url)
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await etcd?.stop()
  })

  it('shows nothing that etcd has not had, tells each change once, and ends with what etcd has', async () => {
    const watchers = async () => (await etcd.metrics()).get('etcd_debugging_mvcc_watcher_total') ?? 0
    print('on a real etcd', await check(() => realTarget(etcd.url, proxy), 30, 30))
    await vi.waitFor(async () => expect(await watchers()).toBe(0), { timeout: 20_000 })
  })
})
