import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('.', import.meta.url))
// Tests run on the sources; the built package is what test/package and the runtimes check.
const alias = [
  { find: /^etcd-edge\/worker$/, replacement: `${root}worker/index.ts` },
  { find: /^etcd-edge\/(.+)$/, replacement: `${root}src/$1/index.ts` },
  { find: /^etcd-edge$/, replacement: `${root}src/index.ts` },
]
const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  resolve: { alias },
  test: { name, include, testTimeout: 120_000, hookTimeout: 120_000, ...extra },
})

export default defineConfig({
  test: {
    // The tests mostly wait, for etcd's clocks: two workers take half as long as one, also where there are only two cores.
    maxWorkers: 2,
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contract', ['test/contract/**/*.test.ts']),
      project('behaviour', ['test/registry/**/*.test.ts', 'test/resolver/**/*.test.ts']),
      project('http-client', ['test/http-client/**/*.test.ts'], { testTimeout: 240_000 }),
      project('worker', ['test/worker/**/*.test.ts']),
      project('package', ['test/package/**/*.test.ts', 'test/docs/**/*.test.ts']),
      project('tls', ['test/tls/**/*.test.ts'], { testTimeout: 240_000 }),
      project('tools', ['test/tools/**/*.test.ts']),
      project('runtimes', ['test/runtimes/**/*.test.ts'], { testTimeout: 240_000 }),
      // It waits for leases to run out most of the time, so several files at a time; in a group of their own, as Vitest wants
      // it of a project with a number of workers of its own.
      project('interop', ['test/interop/**/*.test.ts'], { maxWorkers: 4, sequence: { groupOrder: 1 } }),
    ],
  },
})
