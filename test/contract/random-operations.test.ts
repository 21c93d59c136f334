import { describe, expect, test } from 'vitest'
import { exchange } from './exchange.ts'
import { leases, type Operation, RandomOperations } from './random-operation.ts'
import { etcdTargets, simulatorTarget, type Target } from './target.ts'

const operations = 500
const watches = 10

/** What an answer says, without what differs between clusters and, for errors, between gateways. */
async function answerOf(target: Target, { path, body }: Operation): Promise<unknown> {
  const response = await target.fetch(target.url + path, { method: 'POST', body: JSON.stringify(body) })
  const json = comparable(await response.text())
  return response.ok ? json : { code: (json as { code: number }).code, message: (json as { message: string }).message }
}

/** The events of a watch, however they are spread over lines, and what else its lines say. */
async function watched(target: Target, create: object): Promise<unknown> {
  const request = { method: 'POST', headers: {}, body: JSON.stringify({ create_request: create }) }
  const { text } = await exchange(target.fetch, `${target.url}/v3/watch`, request, 400)
  const results = text
    .split('\n')
    .filter(Boolean)
    .map((line) => (comparable(line) as { result: WatchResult }).result)
  return {
    events: results.flatMap(({ events }) => events ?? []),
    others: results.filter(({ events }) => !events).map(({ header: _header, ...rest }) => rest),
  }
}

interface WatchResult {
  readonly header?: object
  readonly events?: readonly object[]
}

function comparable(text: string): unknown {
  const ofTheCluster = ['cluster_id', 'member_id', 'raft_term']
  return JSON.parse(text, (name, value: unknown) => (ofTheCluster.includes(name) ? undefined : value))
}

async function compareTargets(etcd: Target, simulator: Target, seed: number): Promise<void> {
  const random = new RandomOperations(seed)
  let revision = 1
  const compare = async (operation: Operation) => {
    const [expected, actual] = await Promise.all([answerOf(etcd, operation), answerOf(simulator, operation)])
    expect(actual, JSON.stringify(operation)).toEqual(expected)
    revision = Number((expected as { header?: { revision?: string } }).header?.revision ?? revision)
  }
  for (const ID of leases) await compare({ path: '/v3/lease/grant', body: { ID, TTL: 600 } })
  for (let i = 0; i < operations; i++) await compare(random.next(revision))
  const creates = Array.from({ length: watches }, () => random.watch(revision))
  await Promise.all(
    creates.map(async (create) => {
      const [expected, actual] = await Promise.all([watched(etcd, create), watched(simulator, create)])
      expect(actual, JSON.stringify(create)).toEqual(expected)
    }),
  )
}

for (const { name, open } of etcdTargets) {
  describe(name, () => {
    describe('random operations', () => {
      test.each([1, 2, 3])('the simulator agrees on those of seed %i', async (seed) => {
        const etcd = await open()
        const simulator = await simulatorTarget(etcd.tags.includes('v1') ? 'v1' : 'v2')
        await compareTargets(etcd, simulator, seed).finally(() => Promise.all([etcd.close(), simulator.close()]))
      })
    })
  })
}
