import { native } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered, type Registrar, type RegistrationGroup } from 'etcd-edge/registry'
import { type CaseContext, type ClientCase, pause } from './client-case.ts'
import { equal, failure } from './portable-assert.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }

const registrarOf = ({ etcd, prefix }: CaseContext): Registrar =>
  createRegistrar(etcd, { format: native({ prefix: `${prefix}services` }), ttlSeconds: 2 })

/** What keeps an instance registered, in every runtime. */
export const registryCases: readonly ClientCase[] = [
  {
    name: 'an instance is registered, renewed, found and deregistered',
    async run(context) {
      const { etcd } = context
      const registrar = registrarOf(context)
      const registration = await registrar.register(web)
      equal(await registrar.register(web, { previous: registration }), registration)
      const { leaseId, key } = await registrar.renew(registration)
      const found = await registrar.find({ service: 'web', id: 'a' })
      equal([found?.leaseId, found?.key], [leaseId, key])
      await registrar.deregister(registration)
      equal(await etcd.kv.get(key), undefined)
      equal((await failure(registrar.renew(registration))).code, 'LEASE_NOT_FOUND')
    },
  },
  {
    name: 'a session keeps its instance beyond the TTL, without a write, while it is healthy',
    async run(context) {
      const { etcd } = context
      const session = await keepRegistered(registrarOf(context), web, { healthCheck: async () => true })
      const { key, revision } = session.status().registration
      await pause(3500)
      equal([(await etcd.kv.get(key))?.modRevision, session.status().state], [revision, 'registered'])
      await session.close()
      equal(await etcd.kv.get(key), undefined)
    },
  },
  {
    name: 'several instances share a lease, change, go, and are back when it is lost',
    async run(context) {
      const { etcd, prefix } = context
      const count = async () => (await etcd.kv.list({ prefix: `${prefix}services/`, countOnly: true })).count
      const list = Array.from({ length: 130 }, (_, index) => ({ ...web, id: `i${index}` }))
      const group = await keepRegistered(registrarOf(context), list, { heartbeatMs: 100 })
      await group.add(web)
      equal((await group.update({ ...web, weight: 5 })).instance.weight, 5)
      await group.setStatus('draining', web)
      await group.remove({ service: 'web', id: 'i0' })
      equal(await count(), 130)
      const { leaseId } = group.status()
      await etcd.lease.revoke(leaseId)
      await until(group, () => group.status().leaseId !== leaseId && group.status().state === 'registered')
      equal(await count(), 130)
      const record = (await etcd.kv.get(`${prefix}services/web/a`))?.json() as Record<string, unknown>
      equal([record.weight, record.status], [5, 'draining'])
      await group.close()
      equal(await count(), 0)
    },
  },
]

/** Waits for an event behind which something is so. */
async function until(session: RegistrationGroup, isSo: () => boolean): Promise<void> {
  let stop = () => {}
  await new Promise<void>((resolve) => {
    stop = session.subscribe(() => {
      if (isSo()) resolve()
    })
    if (isSo()) resolve()
  })
  stop()
}
