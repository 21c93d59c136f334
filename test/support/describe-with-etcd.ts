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
  describeWhen(etcdAvailable(), name, suite)
}

/** As `describeWithEtcd`, for a suite that starts its etcds itself: it is given the newest one there is. */
export function describeWithNewestEtcd(name: string, suite: (binary: EtcdBinary) => void): void {
  const binary = newestEtcd()
  describeWhen(binary !== undefined, name, () => {
    if (binary !== undefined) suite(binary)
  })
}

function describeWhen(available: boolean, name: string, suite: () => void): void {
  if (available) {
    describe(name, suite)
    return
  }
  const complaint = `${name} – needs etcd on PATH`
  if (process.env.CI === 'true') {
    describe(name, () => {
      it('finds etcd on PATH', () => {
        throw new Error(complaint)
      })
    })
    return
  }
  console.warn(`NOT RUN: ${complaint}`)
  describe.skip(name, suite)
}
