import { readConfiguration } from 'etcd-edge/worker'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { adminToken, startDiscoveryApp } from './discovery-app.ts'
import { pass, startWaitingPoll } from './poll.ts'

const formatOf = (name: string) => {
  const { format } = readConfiguration({ DISCOVERY_FORMAT: name })
  return format === undefined ? {} : { format }
}

// Among all services go by what the key alone says.
const listedAs: Readonly<Record<string, string>> = { goMicro: 'com-web', skydns: 'eu.web.cluster.local' }

describe.each([
  ['native', 'web', 'a', '/services/web/a'],
  ['raw', 'web', 'a', '/services/web/a'],
  ['kitex', 'web', '10.0.0.7:80', 'kitex/registry-etcd/web/10.0.0.7:80'],
  ['hertz', 'web', '10.0.0.7:80', 'hertz/registry-etcd/web/10.0.0.7:80'],
  ['grpcNaming', 'svc/web', 'a', 'svc/web/a'],
  ['goZero', 'shop/web.rpc', '7', 'shop/web.rpc/7'],
  ['kratos', 'web', 'a', '/microservices/web/a'],
  ['goMicro', 'com/web', 'n/1', '/micro/registry/com-web/n-1'],
  ['rpcx', 'Web', 'tcp@10.0.0.7:80', '/rpcx_test/Web/tcp@10.0.0.7:80'],
  ['skydns', 'web.cluster.local', 'a.eu', '/skydns/local/cluster/web/eu/a'],
])('with DISCOVERY_FORMAT=%s', (name, service, id, key) => {
  const at = `/api/v1/services/${encodeURIComponent(service)}/instances`
  const listed = listedAs[name] ?? service
  const one = `${at}/${encodeURIComponent(id)}`

  it('an instance is registered, shown, resolved, renewed and deregistered under the key of the framework', async () => {
    await using sd = startDiscoveryApp(formatOf(name))
    expect((await sd.put(one, { address: '10.0.0.7:80' })).status).toBe(201)
    expect(await sd.etcd.kv.get(key)).toBeDefined()
    expect(await (await sd.request(one)).json()).toMatchObject({ id, service, address: '10.0.0.7:80' })
    const resolved = await sd.request(`/api/v1/resolve/${encodeURIComponent(service)}?format=hostport`)
    expect(await resolved.text()).toBe('10.0.0.7:80\n')
    const { services } = await (await sd.request('/api/v1/services')).json()
    expect(services).toEqual([expect.objectContaining({ service: listed })])
    expect((await sd.put(one, { address: '10.0.0.7:80' })).status).toBe(200)
    const headers = { Authorization: `Bearer ${adminToken}` }
    expect((await sd.request(one, { method: 'DELETE', headers })).status).toBe(204)
    expect(await sd.etcd.kv.get(key)).toBeUndefined()
  })

  it('a name that the format cannot hold is a wrong request', async () => {
    await using sd = startDiscoveryApp(formatOf(name))
    const answer = await sd.put(`/api/v1/services/${encodeURIComponent('a\nb')}/instances/a`, {
      address: '10.0.0.7:80',
    })
    expect([answer.status, sd.calls]).toEqual([400, []])
  })
})

describe('a long-poll for a name of SkyDNS', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
  afterEach(() => vi.useRealTimers())

  it('sees the record at the name itself change, while it waits and before', async () => {
    await using sd = startDiscoveryApp(formatOf('skydns'))
    const put = (host: string) => sd.etcd.kv.put('/skydns/local/web', JSON.stringify({ host }))
    const { revision } = await put('10.0.0.1')
    const path = `/api/v1/services/web.local/instances?since=${revision}&wait=30s`
    const waiting = await startWaitingPoll(sd, path)
    await put('10.0.0.2')
    await pass(300)
    expect(waiting.isAnswered).toBe(true)
    expect(await (await waiting.response).json()).toMatchObject({ instances: [{ id: '@', address: '10.0.0.2' }] })
    expect((await sd.request(path)).status).toBe(200)
  })
})
