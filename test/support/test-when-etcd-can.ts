import { test } from 'vitest'

/** Something that not every etcd can do. */
export interface EtcdAbility {
  readonly can: boolean
  /** What it takes, after "needs". */
  readonly needs: string
  /** Of the etcd at hand. */
  readonly version: string
}

/**
 * `test` for what not every etcd can do. Where this one cannot, the test is left out with a line that says so; in CI,
 * where the newest etcd is built, it fails.
 */
export function testWhenEtcdCan({ can, needs, version }: EtcdAbility, name: string, run: () => Promise<void>): void {
  if (can) {
    test(name, run)
    return
  }
  const complaint = `${name} – needs ${needs}; this is etcd ${version}`
  if (process.env.CI === 'true') {
    test(name, () => {
      throw new Error(complaint)
    })
    return
  }
  console.warn(`NOT RUN: ${complaint}`)
  test.skip(name, run)
}
