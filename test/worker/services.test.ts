import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

describe('listing services over HTTP', () => {
  let sd: DiscoveryApp

  beforeEach(async () => {
    sd = startDiscoveryApp()
    await sd.etcd.kv.put('/services/web/b', '{"address":"10.0.0.1:80","status":"draining"}')
    await sd.etcd.kv.put('/services/web/a', '{"address":"10.0.0.2:80"}')
    await sd.etcd.kv.put('/services/api/a', '{"address":"10.0.0.3:80"}')
    await sd.etcd.kv.put('/elsewhere/x/a', '{"address":"10.0.0.4:80"}')
  })
  afterEach(() => sd[Symbol.asyncDispose]())

  it('shows names and health in the order of the names', async () => {
    const response = await sd.request('/api/v1/services')

    expect(response.status).toBe(200)
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
    expect(await response.text()).toBe(
      '{"services":[{"service":"api","health":{"status":"passing","passing":1,"draining":0,"total":1}},' +
        '{"service":"web","health":{"status":"degraded","passing":1,"draining":1,"total":2}}]}',
    )
  })

  it('answers 304 while nothing that is shown has changed', async () => {
    const tag = (await sd.request('/api/v1/services')).headers.get('ETag') ?? ''
    const headers = { 'If-None-Match': tag }
    await sd.etcd.kv.put('/services/web/a', '{"address":"10.0.0.9:80"}')

    expect((await sd.request('/api/v1/services?consistency=strong', { headers })).status).toBe(304)
    await sd.etcd.kv.delete('/services/api/a')
    expect((await sd.request('/api/v1/services?consistency=strong', { headers })).status).toBe(200)
  })

  it('gives pages that all show one revision', async () => {
    const first = await (await sd.request('/api/v1/services?limit=1')).json()
    await sd.etcd.kv.delete('/services/web/', {})
    await sd.etcd.kv.delete({ prefix: '/services/web/' })
    const second = await (await sd.request(`/api/v1/services?limit=1&cursor=${first.nextCursor}`)).json()

    expect(first.services).toMatchObject([{ service: 'api' }])
    expect(second).toMatchObject({ services: [{ service: 'web', health: { total: 2 } }] })
    expect(second).not.toHaveProperty('nextCursor')
  })

  it('refuses parameters that it does not have', async () => {
    expect((await sd.request('/api/v1/services?health=any')).status).toBe(400)
  })
})
