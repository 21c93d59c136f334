import { describe, expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { type Behaviour, breaks, breaksInBody, busyFor, echo, startInstanceServer } from '../support/instance-server.ts'
import { stream, useServedWeb } from './served-web.ts'

describeWithEtcd('a service fetch', () => {
  const web = useServedWeb()

  describe('when an instance fails', () => {
    it('a refused connection is nobody’s loss: any request goes to another one', async () => {
      await web.registerDead()
      const two = await startInstanceServer()
      web.servers.push(two)
      await web.client.kv.put('/services/web/1', JSON.stringify({ address: two.address }))
      const serviceFetch = web.start()
      for (const request of [
        new Request('http://web/'),
        new Request('http://web/', { method: 'POST', body: 'text' }),
        new Request('http://web/', { method: 'PATCH', body: new Blob(['text']) }),
      ]) {
        expect((await serviceFetch(request)).status).toBe(200)
      }
      expect(two.requests.map(({ method, body }) => [method, body])).toEqual([
        ['GET', ''],
        ['POST', 'text'],
        ['PATCH', 'text'],
      ])
    })

    it('when all refuse, what fetch says is what the caller gets', async () => {
      await web.registerDead()
      const failure = await web
        .start()('http://web/')
        .catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(TypeError)
      expect(failure).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
    })

    it('a connection that breaks without an answer: GET is asked again, POST is not', async () => {
      const [one, two] = await web.register(breaks, echo)
      const serviceFetch = web.start()
      expect((await serviceFetch('http://web/')).status).toBe(200)
      await expect(serviceFetch('http://web/', { method: 'POST', body: 'text' })).rejects.toThrow(TypeError)
      expect([one.requests.length, two.requests.length]).toEqual([2, 1])
    })

    it('an answer that breaks off in the middle is the caller’s: it is not asked again', async () => {
      const [, two] = await web.register(breaksInBody, echo)
      const response = await web.start()('http://web/')
      expect(response.status).toBe(200)
      await expect(response.text()).rejects.toThrow(TypeError)
      expect(two.requests).toEqual([])
    })

    it('one that was killed between two calls, with a connection in the pool, is left for another one', async () => {
      const [one, two] = await web.register(echo, echo)
      const serviceFetch = web.start()
      await (await serviceFetch('http://web/')).text()
      await one.kill()
      expect(await (await serviceFetch('http://web/')).json()).toMatchObject({
        port: Number(two.address.split(':')[1]),
      })
    })

    it('503 with Retry-After: another one is asked at once, the only one when it is time', async () => {
      const [one, two] = await web.register(busyFor('60'), echo)
      expect((await web.start()('http://web/')).status).toBe(200)
      expect([one.requests.length, two.requests.length]).toEqual([1, 1])

      await web.client.kv.delete('/services/web/1')
      one.behave((request, response, body) => {
        one.behave(echo)
        busyFor('1')(request, response, body)
      })
      const startedAt = performance.now()
      expect((await web.start()('http://web/')).status).toBe(200)
      expect(performance.now() - startedAt).toBeGreaterThan(990)
    })

    it('503 with a Retry-After that is too long is the answer', async () => {
      const [one] = await web.register(busyFor(new Date(Date.now() + 60_000).toUTCString()))
      const response = await web.start()('http://web/')
      expect([response.status, await response.text(), one.requests.length]).toEqual([503, 'busy', 1])
    })

    it('lets go of the connections of answers that nobody reads', async () => {
      const endless: Behaviour = (_, response) => {
        response.writeHead(503)
        response.write('x'.repeat(100_000))
      }
      const [one] = await web.register(endless, echo)
      expect((await web.start()('http://web/')).status).toBe(200)
      await eventually(() => expect([one.busy(), one.connections()]).toEqual([0, 0]))
    })
  })

  describe('a stream as the body', () => {
    it('is sent once: not after a 503, not after a refused connection', async () => {
      const [one, two] = await web.register(busyFor(), echo)
      const put = () => ({ method: 'PUT', body: stream('one', 'two'), duplex: 'half' })
      expect((await web.start()('http://web/', put())).status).toBe(503)
      expect([one.requests.map(({ body }) => body), two.requests]).toEqual([['onetwo'], []])
      await web.registerDead()
      await expect(web.start()('http://web/', { ...put(), method: 'POST' })).rejects.toThrow(TypeError)
      expect(two.requests).toEqual([])
    })

    it('of a Request arrives whole, however long', async () => {
      const [one] = await web.register(echo)
      const parts = Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(10_000))
      const request = new Request('http://web/', {
        method: 'POST',
        body: stream(...parts),
        duplex: 'half',
      } as RequestInit)
      expect((await web.start()(request)).status).toBe(200)
      expect(one.requests.map(({ body }) => body)).toEqual([parts.join('')])
    })
  })
})
