import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Framework, PeerState } from './framework.ts'
import { proofOf } from './interop-proof.ts'
import { type InteropSetup, ttlSeconds } from './interop-setup.ts'
import { type PeerProcess, startResolving, stateOf } from './peer-process.ts'

/** What is registered here is resolved by the framework's own code. */
export function oursToTheirs(framework: Framework, setup: InteropSetup): void {
  const { format } = framework
  const { registered, seen, lost, changed, seenChanged, seenEmpty, polls, others = [] } = framework.oursToTheirs
  const proof = proofOf(framework, 'ours → theirs')

  const keep = (input = registered) =>
    keepRegistered(createRegistrar(setup.etcd, { format, ttlSeconds }), { service: setup.service, ...input })
  const watchers = async () => (await setup.server.metrics()).get('etcd_debugging_mvcc_watcher_total')
  /** Starts what resolves, and waits until no change escapes it: some of them list before they watch. */
  const resolve = async () => {
    if (!polls) await eventually(async () => expect(await watchers()).toBe(0))
    const resolving = await startResolving(setup.program, setup.target)
    if (!polls) await eventually(async () => expect(await watchers()).toBeGreaterThan(0))
    return resolving
  }
  const theySee = (resolving: PeerProcess, state: PeerState) =>
    eventually(() => expect(stateOf(resolving)).toEqual(state))
  const nobody = () => seenEmpty?.(setup.service) ?? { instances: [] }

  describe('ours registers, theirs resolves', () => {
    it('theirs finds what ours has registered', proof({ fields: Object.keys(registered), lost }), async () => {
      await using _session = await keep()
      await using resolving = await resolve()
      await theySee(resolving, { instances: [seen] })
    })

    it.each(others)('theirs finds $what', async (other) => {
      await using _session = await keep(other.registered)
      await using resolving = await resolve()
      await theySee(resolving, { instances: [other.seen] })
    })

    it('theirs sees a change of ours', proof({ event: 'change' }), async () => {
      await using session = await keep()
      await using resolving = await resolve()
      await theySee(resolving, { instances: [seen] })
      await session.update({ service: setup.service, ...changed })
      await theySee(resolving, { instances: [seenChanged] })
    })

    it('theirs sees ours go when it deregisters', proof({ event: 'deregister' }), async () => {
      await using session = await keep()
      await using resolving = await resolve()
      await theySee(resolving, { instances: [seen] })
      await session.close()
      await theySee(resolving, nobody())
    })

    it('theirs sees ours go when it beats no more', proof({ event: 'expiry' }), async () => {
      await using _session = await keep()
      await using resolving = await resolve()
      await theySee(resolving, { instances: [seen] })
      setup.line.down()
      await theySee(resolving, nobody())
      setup.line.up()
    })
  })
}
