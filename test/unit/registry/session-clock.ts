import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { createRegistrar, type Registrar } from 'etcd-edge/registry'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'

/** A registrar on an etcd in memory, and the calls that arrived there, each with its moment. */
export interface SessionClock {
  readonly simulator: EtcdSimulator
  readonly etcd: EtcdClient
  readonly registrar: Registrar
  readonly calls: { readonly path: string; readonly at: number }[]
  /** Runs when a call is tried. */
  onCall: (path: string) => void
  /** From now on nothing is answered. */
  hang(): void
  /** When calls of that path were tried. */
  at(path: string): number[]
}

/** To be made after the timers have been faked. The clock of its leases runs with them, whatever the wall clock says. */
export function startSessionClock(ttlSeconds: number): SessionClock {
  const simulator = createEtcdSimulator({ now: () => performance.now() })
  const calls: { readonly path: string; readonly at: number }[] = []
  let hangs = false
  const etcd = createEtcdClient({
    endpoints: ['http://etcd.test'],
    fetch(url, init) {
      const path = url.replace(/^.*\/v3\//, '')
      calls.push({ path, at: performance.now() })
      clock.onCall(path)
      return hangs ? silence(init.signal) : simulator.fetch(url, init)
    },
  })
  const clock: SessionClock = {
    onCall: () => {},
    simulator,
    etcd,
    calls,
    hang() {
      hangs = true
    },
    registrar: createRegistrar(etcd, { ttlSeconds }),
    at: (path) => calls.filter((call) => call.path === path).map(({ at }) => at),
  }
  return clock
}

const silence = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
