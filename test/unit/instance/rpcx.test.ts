import { describe, expect, it } from 'vitest'
import { rpcx } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const key = '/rpcx_test/Arith/tcp@10.0.0.4:8972'
const instance = { id: 'tcp@10.0.0.4:8972', service: 'Arith', address: '10.0.0.4:8972', weight: 1, tags: {} }

describe('rpcx', () => {
  it('the markers of the base and of the service are no instances, and not strange either', () => {
    expect(rpcx().markers?.(instance)).toEqual([
      { key: '/rpcx_test', value: 'rpcx_path' },
      { key: '/rpcx_test/Arith', value: 'Arith' },
    ])
    for (const marker of ['/rpcx_test/Arith', '/rpcx_test/Arith/']) {
      expect(rpcx().serviceOf(marker)).toBe('Arith')
      expect(rpcx().decode(marker, 'Arith')).toEqual([])
    }
    expect(rpcx().serviceOf('/rpcx_test/')).toBeUndefined()
    expect(rpcx({ prefix: '' }).markers?.(instance)).toEqual([{ key: '/Arith', value: 'Arith' }])
  })

  it('a base with and one without a leading slash are different places', () => {
    expect(rpcx({ prefix: 'rpcx_test' }).dir('Arith')).toBe('rpcx_test/Arith/')
    expect(() => rpcx({ prefix: 'rpcx_test' }).decode(key, '')).toThrow(invalid('key'))
  })

  it('who does not name the network means TCP', () => {
    expect(rpcx().decode('/rpcx_test/Arith/10.0.0.4:8972', '')).toMatchObject([
      { id: '10.0.0.4:8972', address: '10.0.0.4:8972', scheme: 'tcp' },
    ])
    expect(rpcx().encode({ ...instance, id: '10.0.0.4:8972' })).toHaveLength(0)
  })

  it('an instance that is inactive is not there', () => {
    expect(rpcx().decode(key, 'state=inactive&weight=5')).toEqual([])
    expect(rpcx().decode(key, 'state=active')).toMatchObject([{ tags: { state: 'active' } }])
  })

  it('the load figures of rpcx make no difference', () => {
    const beat = (calls: number) => rpcx().decode(key, `calls=${calls}&connections=3.20&env=prod`)
    expect(beat(1.5)).toEqual(beat(700))
    expect(beat(1)).toMatchObject([{ tags: { env: 'prod' } }])
  })

  it('a value that is no query string is an instance all the same, as are repeated keys', () => {
    expect(rpcx().decode(key, 'what is this')).toMatchObject([{ address: '10.0.0.4:8972', weight: 1 }])
    expect(rpcx().decode(key, 'a=1&a=2&weight=-3')).toMatchObject([{ weight: 1, tags: { a: '1,2', weight: '-3' } }])
  })

  it('escapes as Go does', () => {
    const tags = { "!'()*": '~ é' }
    expect(new TextDecoder().decode(rpcx().encode({ ...instance, tags }))).toBe('%21%27%28%29%2A=~+%C3%A9')
  })

  it.each(['Arith/tcp@nowhere', 'Arith/tcp@10.0.0.4:8972/x', 'Arith/unix@/run/a.sock'])(
    'refuses the key %s',
    (path) => {
      expect(() => rpcx().decode(`/rpcx_test/${path}`, '')).toThrow(invalid('key'))
    },
  )

  it.each([
    ['id', { id: 'tcp@10.0.0.5:8972' }],
    ['id', { scheme: 'quic' }],
    ['status', { status: 'draining' as const }],
    ['tags.group', { tags: { group: 'a' } }],
    ['tags.calls', { tags: { calls: '1' } }],
    ['tags.state', { tags: { state: 'inactive' } }],
    ['weight', { tags: { weight: '5' } }],
    ['version', { version: '1', tags: { version: '2' } }],
    ['extra.other', { extra: { other: 'x' } }],
  ])('refuses %s, which would be read as something else', (field, more) => {
    expect(() => rpcx().encode({ ...instance, ...more })).toThrow(invalid(field))
  })
})
