import { execFileSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { etcdVersion } from './etcd.ts'
import { type EtcdBinary, newestEtcd } from './etcd-binary.ts'

/** Whether there is an etcd on PATH. */
export function etcdAvailable(): boolean {
  return etcdVersion() !== undefined
}

/**
 * `describe` for a suite that needs a real etcd. Without one the suite is skipped with a line that says so; in CI, where
 * etcd is installed, that is a failing test.
 */
export function describeWithEtcd(name: string, suite: () => void): void {
  describeWhen(etcdAvailable(), 'etcd', name, suite)
}

/** As `describeWithEtcd`, for a suite that starts its etcds itself: it is given the newest one there is. */
export function describeWithNewestEtcd(name: string, suite: (binary: EtcdBinary) => void): void {
  const binary = newestEtcd()
  describeWhen(binary !== undefined, 'etcd', name, () => {
    if (binary !== undefined) suite(binary)
  })
}

/** As `describeWithNewestEtcd`, for a suite that builds programs of `interop/go`, some of which want no old etcd. */
export function describeWithEtcdAndGo(name: string, suite: (binary: EtcdBinary) => void, leastEtcd = '3.4'): void {
  const version = newestEtcd()?.version
  const isOld = version !== undefined && version.localeCompare(leastEtcd, 'en', { numeric: true }) < 0
  if (!goAvailable()) describeWhen(false, 'Go', name, () => {})
  else if (isOld) describeWhen(false, `etcd ${leastEtcd} or later`, name, () => {})
  else describeWithNewestEtcd(name, suite)
}

function goAvailable(): boolean {
  try {
    execFileSync('go', ['version'])
    return true
  } catch {
    return false
  }
}

function describeWhen(available: boolean, needed: string, name: string, suite: () => void): void {
  if (available) {
    describe(name, suite)
    return
  }
  const complaint = `${name} – needs ${needed} on PATH`
  if (process.env.CI === 'true') {
    describe(name, () => {
      it(`finds ${needed} on PATH`, () => {
        throw new Error(complaint)
      })
    })
    return
  }
  console.warn(`NOT RUN: ${complaint}`)
  // A suite without a test would be an error.
  describe.skip(name, () => void it(`needs ${needed} on PATH`, suite))
}
