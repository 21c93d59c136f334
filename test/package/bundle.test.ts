import { describe, expect, it } from 'vitest'
import { bundle } from './bundle.ts'

describe('the bundle of etcd-edge', async () => {
  const { code, builtins, packages, gzipBytes } = await bundle('dist/index.js')

  it('holds something that works', () => {
    expect(code).toContain('/services')
    expect(code).toMatch(/export\s*\{.*createEtcdClient/s)
  })

  it('wants nothing of Node or Bun', () => {
    expect(builtins).toEqual([])
    expect(code).not.toMatch(/\b(require|__dirname|Buffer|process)\b\s*[.(]/)
  })

  it('is made of ky only, besides itself', () => {
    expect(packages).toEqual(['ky'])
  })

  it(`is ${(gzipBytes / 1024).toFixed(1)} KiB gzipped, below 64`, () => {
    expect(gzipBytes).toBeLessThan(64 * 1024)
  })
})

describe.each([
  ['a resolver', ['createResolver', 'createInstancer', 'roundRobin']],
  ['a registrar', ['createRegistrar', 'keepRegistered']],
])('the bundle of a program that has %s only', async (_, names) => {
  const { code } = await bundle('dist/index.js', ['createEtcdClient', ...names])

  it('holds no format but the native one', () => {
    expect(code).toContain('/services')
    for (const mark of ['registry-etcd', 'microservices', '/micro', 'rpcx', 'skydns', 'goZero', 'grpcNaming', 'raw']) {
      expect(code).not.toMatch(new RegExp(`["'\`/]${mark}`))
    }
  })
})
