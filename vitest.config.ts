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
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contract', ['test/contract/**/*.test.ts']),
      project('behaviour', ['test/registry/**/*.test.ts', 'test/resolver/**/*.test.ts']),
      // Clusters and clocks: one file at a time.
      project('http-client', ['test/http-client/**/*.test.ts'], { fileParallelism: false, testTimeout: 240_000 }),
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
