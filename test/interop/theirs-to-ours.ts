import type { ServiceInstance } from 'etcd-edge/instance'
import { createInstancer, createResolver } from 'etcd-edge/resolver'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Framework, TheirsToOurs } from './framework.ts'
import { proofOf } from './interop-proof.ts'
import type { InteropSetup } from './interop-setup.ts'
import { startRegistering } from './peer-process.ts'

/** What the framework's own code has registered is resolved here, on demand and live. */
export function theirsToOurs(framework: Framework, theirs: TheirsToOurs, setup: InteropSetup): void {
  const { format } = framework
  const { registered, seen, assumed, otherBytes = false, others = [] } = theirs
  const proof = proofOf(framework, 'theirs → ours')

  const register = (instance = registered) => startRegistering(setup.program, setup.target, instance)
  const resolve = async () => {
    const resolver = createResolver(setup.etcd, { format, maxAgeMs: 0 })
    const instancer = createInstancer(setup.etcd, setup.service, { format })
    await instancer.ready()
    return {
      /** Waits until both see these and nothing else. */
      sees: (expected: readonly Partial<ServiceInstance>[]) =>
        eventually(async () => {
          for (const { instances, rejected } of [await resolver.resolve(setup.service), instancer.snapshot()]) {
            expect(instances).toEqual(expected.map((instance) => expect.objectContaining(instance)))
            expect(rejected).toBe(0)
          }
        }),
      [Symbol.asyncDispose]: () => instancer.close(),
    }
  }

  describe('theirs registers, ours resolves', () => {
    it('ours finds what theirs has registered', proof({ fields: Object.keys(seen) }), async () => {
      await using _registering = await register()
      await using ours = await resolve()
      await ours.sees([{ ...seen, ...assumed }])
    })

    it.each(others)('ours finds $what', async (other) => {
      await using _registering = await register(other.registered)
      await using ours = await resolve()
      await ours.sees(other.seen)
    })

    it('ours sees theirs come, and go when it deregisters', proof({ event: 'deregister' }), async () => {
      await using ours = await resolve()
      await ours.sees([])
      await using registering = await register()
      await ours.sees([seen])
      await registering.end()
      await ours.sees([])
    })

    it('ours sees theirs go when it is killed', proof({ event: 'expiry' }), async () => {
      await using registering = await register()
      await using ours = await resolve()
      await ours.sees([seen])
      await registering.kill()
      await ours.sees([])
    })

    if (otherBytes) return

    it('ours would have written the same key and the same bytes', async () => {
      await using _registering = await register()
      const { kvs } = await eventually(async () => {
        const list = await setup.etcd.kv.list({ prefix: format.dir(setup.service) })
        expect(list.kvs).toHaveLength(1)
        return list
      })
      for (const { key, value, leaseId } of kvs) {
        const [instance] = format.decode(key, value, setup.service)
        expect(instance && format.key(instance, leaseId)).toBe(key)
        expect(instance && new TextDecoder().decode(format.encode(instance))).toBe(value)
      }
    })
  })
}
