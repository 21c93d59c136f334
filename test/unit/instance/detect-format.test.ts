import { describe, expect, it } from 'vitest'
import { detectFormat, type StoredRecord } from '../../../src/instance/index.ts'
import { golden, lease } from './golden-rows.ts'

const brief = (records: readonly StoredRecord[]) =>
  detectFormat(records).map(({ format, prefix, records: count }) => [format.name, prefix, count])

describe('detectFormat', () => {
  it.each(golden)('recognizes $name', ({ format, key, value }) => {
    const [guess, ...others] = detectFormat([{ key, value: new TextEncoder().encode(value), leaseId: lease }])
    expect(guess?.format.name).toBe(format.name)
    expect(guess?.format.decode(key, value)).toMatchObject([{ id: format.decode(key, value)[0]?.id }])
    expect(guess?.confidence).toBeGreaterThanOrEqual(0.5)
    expect(guess?.confidence).toBeLessThanOrEqual(1)
    expect(others).toEqual([])
  })

  it('tells several frameworks in one etcd apart, the one with the most records first', () => {
    const kitexOrder = (index: number) => ({
      key: `kitex/registry-etcd/order/10.0.0.${index}:80`,
      value: `{"network":"tcp","address":"10.0.0.${index}:80","weight":10,"tags":null}`,
    })
    const records = [
      ...[1, 2, 3, 4].map(kitexOrder),
      { key: '/services/web/10.0.0.1:80', value: 'http://10.0.0.1:80' },
      { key: '/services/api/a', value: '{"address":"10.0.0.1:80","weight":100,"tags":{}}' },
      { key: '/services/api/b', value: '{"address":"10.0.0.2:80","weight":100,"tags":{}}' },
      { key: '/config/web/timeout', value: '30' },
    ]
    expect(brief(records)).toEqual([
      ['kitex', 'kitex/registry-etcd', 4],
      ['native', '/services', 2],
      ['raw', '/services', 1],
    ])
  })

  it('finds the prefix, and gives a format that reads under it', () => {
    const [guess] = detectFormat([
      { key: '/prod/eu/Arith/tcp@10.0.0.1:80', value: '' },
      { key: '/prod/eu', value: 'rpcx_path' },
      { key: '/prod/eu/Arith', value: 'Arith' },
    ])
    expect(guess).toMatchObject({ prefix: '/prod/eu', records: 1, format: { name: 'rpcx', root: '/prod/eu/' } })
    expect(guess?.format.dir('Arith')).toBe('/prod/eu/Arith/')
  })

  it('is surer of what a framework writes by default than of the same elsewhere, or among other keys', () => {
    const value = '{"network":"tcp","address":"a:1","weight":10,"tags":null}'
    const sure = (records: readonly StoredRecord[]) => detectFormat(records)[0]?.confidence ?? 0
    const byDefault = sure([{ key: 'kitex/registry-etcd/order/a:1', value }])
    const elsewhere = sure([{ key: 'mine/order/a:1', value }])
    const mixed = sure([
      { key: 'mine/order/a:1', value },
      { key: 'mine/order/lock', value: 'x' },
    ])
    expect([byDefault > elsewhere, elsewhere > mixed, mixed > 0]).toEqual([true, true, true])
  })

  it('a number under the id of its own lease is go-zero, another one may be', () => {
    const guess = (leaseId: string) => detectFormat([{ key: `user.rpc/${lease}`, value: '10.0.0.5:8080', leaseId }])[0]
    expect(guess(lease)).toMatchObject({ format: { name: 'goZero' }, prefix: '', confidence: 1 })
    expect(guess('5')?.confidence).toBeLessThan(1)
  })

  it('says nothing of what no format reads', () => {
    expect(
      detectFormat([
        { key: 'a', value: 'b' },
        { key: '/a/b/c', value: 'null' },
        { key: '/a/b/d', value: new Uint8Array([0xff]) },
        { key: 'a%b/c/d', value: '{"network":"tcp","address":"a:1"}' },
        { key: 'grpc:demo:v1:/10.0.0.6:9092', value: '{"Op":0,"Addr":"10.0.0.6:9092","MetadataX":{}}' },
      ]),
    ).toEqual([])
    expect(detectFormat([])).toEqual([])
  })
})
