import fc from 'fast-check'
import { type Op, op } from '../../src/http-client/index.ts'
import type { ModelChange, ModelHistory } from './model-history.ts'
import { callFailures, streamEnds } from './model-line.ts'
import type { ModelRun } from './model-run.ts'

export type ModelCommand = fc.AsyncCommand<ModelHistory, ModelRun>

/** @param check Whether it can be done now. */
function command(
  name: string,
  run: (history: ModelHistory, real: ModelRun) => Promise<unknown> | unknown,
  check: (history: ModelHistory) => boolean = () => true,
): ModelCommand {
  return {
    check,
    async run(history, real) {
      await run(history, real)
      real.count(name.replace(/ .*/, ''))
    },
    toString: () => name,
  }
}

/** One of a list, whatever its length is by then. */
const one = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length]

async function commit(real: ModelRun, history: ModelHistory, changes: readonly ModelChange[]): Promise<void> {
  const operations = changes.map((change): Op<unknown> => {
    if (change.value === undefined) return op.delete(change.key)
    const { key, value, leaseId } = change
    return op.put(key, value, { allowEmpty: true, ...(leaseId !== undefined && { leaseId }) })
  })
  const txn = real.target.admin.kv.txn().then(...operations)
  const { revision } = await txn.commit()
  history.commit(changes)
  if (revision !== history.revision) throw new Error(`the model is at ${history.revision}, etcd is at ${revision}`)
}

/** An index into what the run's format can write: the first half are the good ones. */
interface Write {
  readonly key: number
  readonly value: number
  readonly isBad: boolean
  readonly lease: number
}

const isNotBad = 3
const write: fc.Arbitrary<Write> = fc.record({
  key: fc.nat(5),
  value: fc.nat(9),
  isBad: fc.nat(isNotBad).map((n) => n === isNotBad),
  lease: fc.nat(3),
})

function toPut(
  { records, leases }: ModelHistory,
  { key, value, isBad, lease }: Write,
): ModelChange & { value: string } {
  const values = isBad && records.bad.length > 0 ? records.bad : records.good
  // As many without a lease as with one.
  const leaseId = lease < 2 ? undefined : one(leases, lease)
  return { key: one(records.keys, key) ?? '', value: one(values, value) ?? '', leaseId }
}

const put = write.map((each) => command(`put ${JSON.stringify(each)}`, (m, r) => commit(r, m, [toPut(m, each)])))

const txn = fc.uniqueArray(write, { selector: ({ key }) => key, minLength: 2, maxLength: 6 }).map((writes) =>
  command(`txn ${JSON.stringify(writes)}`, async (history, real) => {
    // What lease 0 stands for is to delete.
    const toChange = (each: Write) => (each.lease === 0 ? { key: toPut(history, each).key } : toPut(history, each))
    await commit(real, history, writes.map(toChange))
  }),
)

/** What changes etcd; what is meant to happen more often is named more often. */
export const changes: readonly fc.Arbitrary<ModelCommand>[] = [
  ...[put, put, put, put, put, txn, txn, txn],
  fc.nat(9).map((index) =>
    command(
      `rewrite ${index}`,
      async (history, real) => {
        const [key = '', record] = one([...history.state], index) ?? []
        await commit(real, history, [{ key, value: record?.value ?? '' }])
      },
      ({ state }) => state.size > 0,
    ),
  ),
  fc.nat(5).map((index) =>
    command(`delete ${index}`, async (history, real) => {
      const key = one(history.records.keys, index) ?? ''
      await real.target.admin.kv.delete(key)
      history.commit([{ key }])
    }),
  ),
  fc.constant(
    command('delete-all', async (history, real) => {
      const { format, service } = history.records
      await real.target.admin.kv.delete({ prefix: format.dir(service) })
      history.commit(history.records.keys.map((key) => ({ key })))
    }),
  ),
  fc.constant(
    command('stray', (history, real) => {
      const { strayKey, good } = history.records
      return commit(real, history, [{ key: strayKey, value: good[0] ?? '' }])
    }),
  ),
  fc.constant(
    command('grant', async (history, real) => {
      const { leaseId } = await real.target.admin.lease.grant(600)
      history.leases = [...history.leases, leaseId]
    }),
  ),
  ...(['expire', 'revoke'] as const).map((how) =>
    fc.nat(9).map((index) =>
      command(
        `${how} ${index}`,
        async (history, real) => {
          const leaseId = one(history.leases, index) ?? ''
          if (how === 'expire') await real.target.expire(leaseId)
          else await real.target.admin.lease.revoke(leaseId)
          history.leases = history.leases.filter((each) => each !== leaseId)
          history.commit(history.keysUnder(leaseId).map((key) => ({ key })))
        },
        ({ leases }) => leases.length > 0,
      ),
    ),
  ),
  fc.constant(
    command(
      'compact',
      async (history, real) => {
        await real.target.admin.kv.compact(history.revision)
        history.compactedTo = history.revision
      },
      ({ revision, compactedTo }) => revision > compactedTo,
    ),
  ),
]

/** What goes wrong between the instancer and etcd. */
export const troubles: readonly fc.Arbitrary<ModelCommand>[] = [
  fc.constant(command('cut', (_, { target }) => target.cut())),
  fc
    .tuple(fc.nat(600), fc.constantFrom(...streamEnds))
    .map(([bytes, how]) =>
      command(`break-watch behind ${bytes}, ${how}`, (_, { target }) => target.line.breakWatchBehind(bytes, how)),
    ),
  fc
    .tuple(fc.constantFrom('watch', 'kv/range'), fc.constantFrom(...callFailures), fc.integer({ min: 1, max: 3 }))
    .map(([path, how, times]) =>
      command(`fail ${path} ${how} ${times}`, (_, { target }) => target.line.fail(path, how, times)),
    ),
  fc.constant(
    command('down', async (_, { target }) => {
      target.line.down()
      await target.cut()
    }),
  ),
  fc.constant(command('heal', (_, { target }) => target.line.heal())),
]

/** Who looks, and when. */
export const lookers: readonly fc.Arbitrary<ModelCommand>[] = [
  fc.constant(command('subscribe', (_, real) => real.subscribe())),
  fc.nat(9).map((index) => command(`leave ${index}`, (_, { observers }) => one(observers, index)?.leave())),
  fc.constant(command('ready', (_, real) => real.ready())),
  fc.constant(command('look', (_, real) => real.look())),
  fc.constant(command('settle', (_, real) => real.settle())),
  fc.constantFrom(0, 50, 100, 400, 3000).map((ms) => command(`pass ${ms} ms`, (_, { target }) => target.pass(ms))),
]
