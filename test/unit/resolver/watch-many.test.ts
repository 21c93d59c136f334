import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createEtcdClient, type EtcdClient, type FetchLike, op } from '../../../src/http-client/index.ts'
import { grpcNaming, type InstanceFormat, raw, skydns } from '../../../src/instance/index.ts'
import {
  type Instancer,
  type InstancerEvent,
  type InstancerOptions,
  type LiveServices,
  watchMany,
} from '../../../src/resolver/index.ts'
import { createEtcdSimulator, type EtcdSimulator } from '../../../src/testing/index.ts'
import { eventually } from '../../support/eventually.ts'

const ids = (instancer: Instancer | undefined) => instancer?.snapshot().instances.map(({ id }) => id)

describe('watchMany', () => {
  let simulator: EtcdSimulator
  let admin: EtcdClient
  let calls: string[]
  let isCut: boolean
  let live: LiveServices | undefined
  const watch = <const Service extends string>(services: readonly Service[], options?: InstancerOptions) => {
    const fetch: FetchLike = async (url, init) => {
      calls.push(url.replace(/^.*\/v3\//, ''))
      if (isCut) throw new TypeError('fetch failed')
      return simulator.fetch(url, init)
    }
    const started = watchMany(createEtcdClient({ endpoints: ['http://etcd.test'], fetch }), services, options)
    live = started
    return started
  }
  const put = (key: string, value = '{"address":"a:1"}') => admin.kv.put(key, value)
  const eventsOf = (instancer: Instancer) => {
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    return events
  }
  beforeEach(() => {
    simulator = createEtcdSimulator()
    admin = createEtcdClient({ endpoints: ['http://etcd.test'], fetch: simulator.fetch })
    calls = []
    isCut = false
  })
  afterEach(async () => {
    await live?.close()
    expect(simulator.watcherCount()).toBe(0)
    simulator.close()
  })

  it('is one list and one watch, and each service is told of its own changes', async () => {
    await put('/services/web/a')
    const many = watch(['web', 'pay', 'none'])
    expectTypeOf<keyof typeof many.instancers>().toEqualTypeOf<'web' | 'pay' | 'none'>()
    expect(calls).toEqual([])
    const { web, pay, none } = many.instancers
    await many.ready()
    expect([ids(web), ids(pay), ids(none)]).toEqual([['a'], [], []])
    const [ofWeb, ofPay, ofNone] = [eventsOf(web), eventsOf(pay), eventsOf(none)]
    await admin.kv
      .txn()
      .then(op.put('/services/pay/b', '{"address":"b:1"}'), op.put('/services/web/c', '{"address":"c:1"}'))
      .commit()
    await put('/services/other/x')
    const { revision } = await put('/services/pay/d')
    await eventually(() => expect(pay.snapshot().revision).toBe(revision))
    expect([ids(web), ids(pay), ids(none)]).toEqual([['a', 'c'], ['b', 'd'], []])
    expect([ofWeb.length, ofPay.length, ofNone.length]).toEqual([2, 3, 1])
    expect(calls).toEqual(['kv/txn', 'watch'])
    expect(simulator.watcherCount()).toBe(1)
  })

  it('each of them iterates, is ready and picks by itself', async () => {
    const { web, pay } = watch(['web', 'pay']).instancers
    await web.ready()
    expect(pay.snapshot()).toMatchObject({ service: 'pay', instances: [], stale: false })
    const iterator = pay[Symbol.asyncIterator]()
    await iterator.next()
    const next = iterator.next()
    await put('/services/web/a')
    await put('/services/pay/b')
    expect((await next).value).toMatchObject({ service: 'pay', instances: [{ id: 'b' }] })
    await iterator.return?.()
  })

  it('closing one leaves the others, which are listed without it; with the last one the watch ends', async () => {
    const many = watch(['web', 'pay', 'third'])
    const { web, pay, third } = many.instancers
    await many.ready()
    const ofWeb = eventsOf(web)
    await web.close()
    await third.close()
    await put('/services/web/a')
    await put('/services/pay/b')
    await eventually(() => expect(ids(pay)).toEqual(['b']))
    expect([ofWeb.length, ids(web)]).toEqual([1, []])
    await many.ready()

    const ofPay = eventsOf(pay)
    isCut = true
    simulator.cut()
    await eventually(() => expect(pay.snapshot().stale).toBe(true))
    await put('/services/pay/c')
    await put('/services/web/c')
    simulator.compact()
    isCut = false
    await eventually(() => expect(ids(pay)).toEqual(['b', 'c']))
    expect(ofPay.some(({ type }) => type === 'error')).toBe(true)
    expect(web.snapshot().stale).toBe(false)
    // Of the one that is left, a plain list is enough.
    expect(calls).toContain('kv/range')
    await pay.close()
    expect(simulator.watcherCount()).toBe(0)
    await expect(many.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('tells an error to all, and ready() is for all that are open', async () => {
    simulator.down()
    const many = watch(['web', 'pay'])
    const { web, pay } = many.instancers
    const [ofWeb, ofPay] = [eventsOf(web), eventsOf(pay)]
    await expect(many.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect([ofWeb[0]?.type, ofPay[0]?.type]).toEqual(['error', 'error'])
    const ready = many.ready()
    await web.close()
    simulator.up()
    await ready
    expect(pay.snapshot().instances).toEqual([])
  })

  it('closed before it is listed, rejects whoever waits', async () => {
    const many = watch(['web', 'pay'])
    const failure = expect(many.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await many.close()
    await many.close()
    await failure
  })

  it('one that closes all from within what it is told leaves nothing running', async () => {
    const many = watch(['web', 'pay'])
    const ofPay = eventsOf(many.instancers.pay)
    many.instancers.web.subscribe(() => void many.close())
    await eventually(() => expect(() => many.instancers.web.snapshot()).not.toThrow())
    await many.close()
    expect([ofPay, calls]).toEqual([[], ['kv/txn']])
    expect(() => many.instancers.pay.snapshot()).toThrow('has not been listed')
  })

  it('works with formats that have a key more for each service', async () => {
    const host = (name: string) => `{"host":"${name}","port":80}`
    await put('/skydns/local/cluster/pay', host('10.0.0.1'))
    const many = watch(['pay.cluster.local', 'web.cluster.local'], { format: skydns() })
    await many.ready()
    const addresses = () =>
      Object.values(many.instancers).map((each) => each.snapshot().instances.map(({ address }) => address))
    expect(addresses()).toEqual([['10.0.0.1:80'], []])
    await put('/skydns/local/cluster/web', host('10.0.0.2'))
    await put('/skydns/local/cluster/pay/x', host('10.0.0.3'))
    await eventually(() => expect(addresses()).toEqual([['10.0.0.3:80'], ['10.0.0.2:80']]))
    expect(calls).toEqual(['kv/txn', 'watch'])
  })

  it('tells an event to all services whose keys it may be of', async () => {
    const many = watch(['svc', 'svc/pay'], { format: grpcNaming() })
    await many.ready()
    await put('svc/pay/10.0.0.1:80', '{"Op":0,"Addr":"10.0.0.1:80"}')
    await put('svc', 'not below a directory')
    await eventually(() => expect(ids(many.instancers['svc/pay'])).toHaveLength(1))
    expect(ids(many.instancers.svc)).toHaveLength(1)
  })

  it('takes a name twice as once, and one that every object has', async () => {
    const many = watch(['web', 'constructor', 'web', '__proto__'], { format: raw() })
    expect(Object.keys(many.instancers)).toEqual(['web', 'constructor', '__proto__'])
    await many.ready()
    expect(Object.values(many.instancers).map(ids)).toEqual([[], [], []])
    expect('toString' in many.instancers).toBe(false)
    for (const instancer of Object.values(many.instancers)) await instancer.close()
    expect(simulator.watcherCount()).toBe(0)
  })

  it('checks all of them in one request, and each counts its own drift', async () => {
    const onDrift = vi.fn()
    const many = watch(['web', 'pay'], { fullCheckMs: 20, onDrift })
    await many.ready()
    await eventually(() => expect(calls.filter((path) => path === 'kv/txn').length).toBeGreaterThan(3))
    expect(calls.every((path) => path === 'kv/txn' || path === 'watch')).toBe(true)
    expect([many.instancers.web.drift, many.instancers.pay.drift, onDrift.mock.calls.length]).toEqual([0, 0, 0])
  })

  it('makes no check when fullCheckMs is 0', async () => {
    vi.useFakeTimers()
    const many = watch(['web'], { fullCheckMs: 0 })
    await many.ready()
    await vi.advanceTimersByTimeAsync(400_000)
    vi.useRealTimers()
    expect(calls.filter((path) => path === 'kv/range')).toHaveLength(1)
  })

  it('checks every five minutes when nothing is said', async () => {
    vi.useFakeTimers()
    const many = watch(['web'])
    await many.ready()
    await vi.advanceTimersByTimeAsync(269_000)
    expect(calls.filter((path) => path === 'kv/range')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(62_000)
    expect(calls.filter((path) => path === 'kv/range')).toHaveLength(2)
    await many.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('refuses no name, a wrong one and a wrong option before anything is sent', () => {
    expect(() => watch([])).toThrow(TypeError)
    expect(() => watch(['web', '../x'])).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE' }))
    expect(() => watch(['web'], { onEmpty: { keepLastMs: -1 } })).toThrow(RangeError)
    expect(calls).toEqual([])
  })

  it('a format that fails for one service is told to all as an error, and tried again', async () => {
    let broken = true
    const format: InstanceFormat = {
      ...grpcNaming(),
      decode(...record) {
        if (broken) throw new SyntaxError('of the format')
        return grpcNaming().decode(...record)
      },
    }
    await put('svc/10.0.0.1:80', '{"Op":0,"Addr":"10.0.0.1:80"}')
    const many = watch(['svc', 'other'], { format })
    await expect(many.ready()).rejects.toThrow('of the format')
    broken = false
    await many.ready()
    expect(ids(many.instancers.svc)).toHaveLength(1)
  })
})
