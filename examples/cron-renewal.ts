/**
 * A job that runs now and then and keeps an instance registered, such as a cron trigger or an alarm:
 * cron-renewal.ts [etcd URL] [what the last run printed]
 *
 * It runs more often than the lease lasts. A registration is plain data, kept wherever the job keeps its data: here, its output.
 */
import { createEtcdClient, createRegistrar, LeaseNotFoundError, type Registration } from 'etcd-edge'

const [, , url = 'http://127.0.0.1:2379', stored] = process.argv
const registrar = createRegistrar(createEtcdClient({ endpoints: [url] }), { ttlSeconds: 180 })
const instance = { service: 'job', id: 'nightly', address: '203.0.113.9:443' }

/** One keep-alive; a new registration when the lease is gone, or when this is the first run. */
async function renew(previous: Registration | undefined): Promise<Registration> {
  if (previous === undefined) return await registrar.register(instance)
  try {
    // A keep-alive says nothing of the key: whoever fears that somebody deletes it asks for it as well.
    return await registrar.verify(await registrar.renew(previous))
  } catch (error) {
    if (error instanceof LeaseNotFoundError) return await registrar.register(instance)
    throw error
  }
}

console.log(JSON.stringify(await renew(stored === undefined ? undefined : JSON.parse(stored))))
