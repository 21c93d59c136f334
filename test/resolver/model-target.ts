import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { createEtcdSimulator } from '../../src/testing/index.ts'
import { eventually } from '../support/eventually.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { createModelLine, type ModelLine } from './model-line.ts'

/** An etcd, the model's own way to it, and that of the instancer, which can be broken. */
export interface ModelTarget {
  readonly admin: EtcdClient
  readonly client: EtcdClient
  readonly line: ModelLine
  /** Every connection breaks; new ones can be made. */
  cut(): Promise<void>
  /** As if its time were over. */
  expire(leaseId: string): Promise<void>
  pass(ms: number): Promise<void>
  /** Time passes until there is no reason to wait. @throws with the reason when that takes too long. */
  until(unrest: () => string | undefined): Promise<void>
  /** @throws when a watch has been left open. */
  end(): Promise<void>
}

/** Time in which a machine with nothing else to do gets done what is not waiting for a timer. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * In memory, and in virtual time: nothing but what is told to passes.
 *
 * @param advance Moves the timers.
 */
export function simulatorTarget(advance: (ms: number) => void): ModelTarget {
  const simulator = createEtcdSimulator({ now: () => 0 })
  const line = createModelLine(simulator.fetch)
  const endpoints = ['http://etcd.test']
  const pass = async (ms: number) => {
    await turns(3)
    for (let left = ms; left > 0; left -= 50) {
      advance(Math.min(left, 50))
      await turns(1)
    }
  }
  return {
    admin: createEtcdClient({ endpoints, fetch: simulator.fetch }),
    client: createEtcdClient({ endpoints, fetch: line.fetch }),
    line,
    cut: async () => simulator.cut(),
    expire: async (leaseId) => simulator.expire(leaseId),
    pass,
    async until(unrest) {
      for (let waited = 0; unrest() !== undefined; waited += 50) {
        if (waited > 60_000) throw new Error(`after a minute of virtual time: ${unrest()}`)
        await pass(50)
      }
    },
    async end() {
      await turns(3)
      const left = simulator.watcherCount()
      simulator.close()
      if (left > 0) throw new Error(`${left} watches are left at etcd`)
    },
  }
}

/** A real one, in real time, behind a proxy. */
export function realTarget(url: string, proxy: TcpProxy): ModelTarget {
  const line = createModelLine((input, init) => fetch(input, init))
  const admin = createEtcdClient({ endpoints: [url] })
  return {
    admin,
    client: createEtcdClient({ endpoints: [proxy.url], fetch: line.fetch }),
    line,
    async cut() {
      await proxy.cut()
      await proxy.restore()
    },
    expire: async (leaseId) => void (await admin.lease.revoke(leaseId)),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    until: async (unrest) =>
      await eventually(() => {
        const reason = unrest()
        if (reason !== undefined) throw new Error(reason)
      }),
    async end() {},
  }
}
