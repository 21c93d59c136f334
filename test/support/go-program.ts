import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Builds a program of `interop/go` into `.cache/interop/` and gives its path; `undefined` without Go on PATH. What is built
 * already costs a look at it, and several may build at once: whoever runs the old one keeps it.
 *
 * @throws Error when it cannot be built.
 */
export async function buildGoProgram(name: string): Promise<string | undefined> {
  const cache = `${root}.cache/interop`
  await mkdir(cache, { recursive: true })
  // What go.sum does not vouch for is not built.
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', `${cache}/${name}`, `./${name}`]
  // Where renaming puts it into its place: copying would write into a program that runs.
  const env = { CGO_ENABLED: '0', GOTMPDIR: cache }
  const built = await execa('go', args, { cwd: `${root}interop/go`, env, reject: false })
  if (built.code === 'ENOENT') return undefined
  if (built.failed) throw new Error(`interop/go/${name} cannot be built: ${built.stderr}`)
  return `${cache}/${name}`
}
