import { completeInstance } from 'etcd-edge/instance'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod/mini'
import { acceptsJson } from './acceptance.ts'
import { advertisedAddress } from './advertised-address.ts'
import type { AppEnv, AppParts } from './app-parts.ts'
import { readJson, readQuery } from './input.ts'
import { checkOwner, leaseNotFound } from './owner-key.ts'
import { Problem } from './problem.ts'
import { checkTagLimits, maxBodyBytes, registrationBody } from './registration-body.ts'
import { viewOfRegistration } from './registration-view.ts'

const path = '/api/v1/services/:service/instances/:id'
const noQuery = z.strictObject({})
const noStore = { 'Cache-Control': 'no-store' }

/**
 * `PUT` and `DELETE` of an instance and `POST …/heartbeat`. A registration lives in etcd alone, so any isolate may renew
 * what another has made.
 */
export function registrationRoutes({ registrar, resolver, guard, allowLoopback }: AppParts) {
  const limitBody = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new Problem('payload-too-large', { detail: `more than ${maxBodyBytes} bytes` })
    },
  })
  return new Hono<AppEnv>()
    .put(path, guard.write, acceptsJson, limitBody, async (c) => {
      const { service, id } = c.req.param()
      readQuery(c, noQuery)
      const body = await readJson(c, registrationBody)
      checkTagLimits(body)
      const { ttl, keepAlive, ...fields } = body
      const input = { ...fields, service, id, address: advertisedAddress(c, body, { allowLoopback }) }
      // What the format cannot hold is refused before etcd is asked anything.
      registrar.format.encode(completeInstance(input, registrar.format))
      const previous = await registrar.find({ service, id })
      if (previous !== undefined) checkOwner(c, previous)
      const registration = await registrar.register(input, { previous, ttlSeconds: ttl })
      resolver.expire(service)
      const created = previous === undefined
      c.header('SD-Revision', String(registration.revision))
      if (created) c.header('Location', new URL(c.req.url).pathname)
      return c.json({ ...viewOfRegistration(registration), created }, created ? 201 : 200, noStore)
    })
    .delete(path, guard.write, async (c) => {
      const { service, id } = c.req.param()
      readQuery(c, noQuery)
      const registration = await registrar.find({ service, id })
      if (registration !== undefined) {
        checkOwner(c, registration)
        await registrar.deregister(registration)
        resolver.expire(service)
      }
      return c.body(null, 204, noStore)
    })
    .post(`${path}/heartbeat`, guard.write, acceptsJson, async (c) => {
      const { service, id } = c.req.param()
      readQuery(c, noQuery)
      const registration = await registrar.find({ service, id })
      // A record without a lease was put by hand and never expires.
      if (registration === undefined || registration.leaseId === '0') throw leaseNotFound()
      checkOwner(c, registration)
      const renewed = await registrar.renew(registration)
      c.header('SD-Revision', String(renewed.revision))
      return c.json(viewOfRegistration(renewed), 200, noStore)
    })
}
