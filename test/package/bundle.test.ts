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

  it('is made of ky and zod only', () => {
    expect(packages).toEqual(['ky', 'zod'])
  })

  it(`is ${(gzipBytes / 1024).toFixed(1)} KiB gzipped, below 40`, () => {
    expect(gzipBytes).toBeLessThan(40 * 1024)
  })
})
