import { existsSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { etcdVersion } from './etcd.ts'

/** An etcd program that tests may start. */
export interface EtcdBinary {
  /** For people, and different for each: `etcd 3.6.14`. */
  readonly name: string
  readonly version: string
  readonly path: string
}

/** The versions that `npm run interop:etcd` builds: each has a folder. */
const builtVersions = readdirSync(new URL('../../interop/etcd/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

const cache = process.env.ETCD_CACHE ?? fileURLToPath(new URL('../../.cache/etcd/', import.meta.url))
const cached = (version: string) => join(cache, version, 'etcd')

/** The etcd on PATH, those that were built, and those named in `ETCD_BINARIES`, as far as they are there. */
export function findEtcdBinaries(): readonly EtcdBinary[] {
  const named = (process.env.ETCD_BINARIES ?? '').split(delimiter).filter((path) => path !== '')
  const paths = ['etcd', ...builtVersions.map(cached).filter((path) => existsSync(path)), ...named]
  const found: EtcdBinary[] = []
  for (const path of paths) {
    const version = etcdVersion(path)
    if (version === undefined) {
      if (path !== 'etcd') throw new Error(`${path} is not an etcd that can be started`)
      continue
    }
    const name = `etcd ${version}`
    found.push({ version, path, name: found.some((other) => other.name === name) ? `${name} at ${path}` : name })
  }
  return found
}

/** The etcds that the tests want and this machine does not have. */
export function missingEtcds(): readonly string[] {
  const built = builtVersions.filter((version) => !existsSync(cached(version))).map((version) => `etcd ${version}`)
  return etcdVersion() === undefined ? ['etcd on PATH', ...built] : built
}

/**
 * The newest of those that are there: what a behaviour is tested on when one etcd has to do. `ON_ETCD` says which
 * instead (`3.5`); etcd itself would take `ETCD_VERSION` for an option.
 *
 * @throws Error when there is none of that version.
 */
export function newestEtcd(): EtcdBinary | undefined {
  const wanted = process.env.ON_ETCD ?? ''
  const found = findEtcdBinaries().filter(({ version }) => version.startsWith(wanted))
  if (wanted !== '' && found.length === 0) throw new Error(`there is no etcd ${wanted}`)
  return found.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true })).at(-1)
}

/** The `etcdutl` of an etcd that was built here; else the `etcdctl` on PATH, which has the same commands up to 3.5. */
export function snapshotTool({ path }: EtcdBinary): string {
  const built = join(dirname(path), 'etcdutl')
  return path !== 'etcd' && existsSync(built) ? built : 'etcdctl'
}
