import { describe, expect, it, vi } from 'vitest'
import { fixedEndpointer, fixedInstancer } from '../../../src/resolver/index.ts'

describe('fixedEndpointer', () => {
  it('gives what it was given, also after it was closed, whatever happens to the list', async () => {
    const list = ['a', 'b']
    const endpointer = fixedEndpointer(list)
    list.push('c')
    await endpointer.close()
    expect(endpointer.endpoints()).toEqual(['a', 'b'])
    expect(endpointer.entries()).toEqual([{ endpoint: 'a' }, { endpoint: 'b' }])
  })
})

describe('fixedInstancer', () => {
  it('is an instancer: listed at once, told at once, the same for ever', async () => {
    const instancer = fixedInstancer([{ service: 'web', address: '10.0.0.1:80', weight: 5, zone: 'iad' }])
    await instancer.ready()
    const told = vi.fn()
    instancer.subscribe(told)()
    const snapshot = instancer.snapshot()
    expect(snapshot).toMatchObject({
      service: 'web',
      stale: false,
      instances: [{ id: '10.0.0.1:80', address: '10.0.0.1:80', weight: 5, zone: 'iad', tags: {} }],
    })
    expect(told.mock.calls).toEqual([
      [{ type: 'snapshot', snapshot, change: { added: snapshot.instances, updated: [], removed: [] } }],
    ])
    await instancer.close()
    expect(instancer.snapshot()).toBe(snapshot)
    expect([snapshot, snapshot.instances, snapshot.instances[0]].every(Object.isFrozen)).toBe(true)
  })

  it('takes go-kit’s instance strings, and keeps each as it is for a factory', () => {
    const { instances } = fixedInstancer(['http://1.2.3.4:8080', '[::1]:80'], 'foosvc').snapshot()
    expect(instances).toMatchObject([
      { id: 'http://1.2.3.4:8080', service: 'foosvc', address: '1.2.3.4:8080', scheme: 'http' },
      { id: '[::1]:80', service: 'foosvc', address: '[::1]:80', extra: { value: '[::1]:80' } },
    ])
  })

  it.each([
    [[''], 'value'],
    [['nonsense'], 'value'],
    [[{ service: 'web', address: 'nonsense' }], 'address'],
    [[{ service: 'web', address: '10.0.0.1:80', weight: -1 }], 'weight'],
  ])('refuses %j, naming the %s', (instances, field) => {
    expect(() => fixedInstancer(instances)).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE', field }))
  })
})
