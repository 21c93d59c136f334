import { createEtcdClient, type EtcdObserver, type EtcdResponseEvent } from 'etcd-edge'
import { createEtcdSimulator } from 'etcd-edge/testing'

/** What no metric and no span may hold. */
const key = '/tenants/acme/card'
const value = 'the-value-4711'
const password = 'the-password-4711'

export const endpoint = 'http://etcd-1.test:2379'

/**
 * Each kind of outcome that an observer is told of, from a client that logs in: a write, a read that is repeated
 * because etcd could not be reached (with a login before it, since the token may be lost), a call that etcd refuses,
 * a watch that the caller ends.
 *
 * @returns What must not be seen: the key, its value, the password and the token.
 */
export async function makeObservedCalls(observer: EtcdObserver): Promise<readonly string[]> {
  await using simulator = createEtcdSimulator()
  const options = { endpoints: [endpoint], auth: { username: 'root', password } }
  const operator = createEtcdClient({ ...options, fetch: simulator.fetch })
  await operator.auth.userAdd('root', password)
  await operator.auth.userGrantRole('root', 'root')
  await operator.auth.enable()

  const tokens = new Set<string>()
  const watchEnded = Promise.withResolvers<void>()
  const onResponse = (event: EtcdResponseEvent) => {
    observer.onResponse?.(event)
    if (event.call === 'watch') watchEnded.resolve()
  }
  const etcd = createEtcdClient({
    ...options,
    observer: { ...observer, onResponse },
    fetch: (input, init) => {
      if (init.headers.authorization !== undefined) tokens.add(init.headers.authorization)
      return simulator.fetch(input, init)
    },
  })
  await etcd.kv.put(key, value)
  simulator.failNext('kv/range', 'refused')
  await etcd.kv.get(key)
  await etcd.lease.revoke('4711').catch(() => {})
  const leaving = new AbortController()
  const watch = etcd.watch({ key, startRevision: 1, signal: leaving.signal })
  await watch.next()
  const waiting = watch.next().catch(() => {})
  leaving.abort()
  await Promise.all([waiting, watchEnded.promise])
  return [key, value, password, ...tokens].flatMap((secret) => [secret, btoa(secret)])
}
