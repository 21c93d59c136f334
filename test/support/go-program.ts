import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What `interop/go/build.sh` ends with when there is no Go. */
const noGo = 127

/**
 * Builds a program of `interop/go` into `.cache/interop/`, unless it is there and as it should be, and gives its path;
 * `undefined` without Go on PATH.
 *
 * @throws Error when it cannot be built.
 */
export async function buildGoProgram(name: string): Promise<string | undefined> {
  const built = await execa(`${root}interop/go/build.sh`, [name], { reject: false })
  if (built.exitCode === noGo) return undefined
  if (built.failed) throw new Error(`interop/go/${name} cannot be built: ${built.stderr}`)
  return `${root}.cache/interop/${name}`
}
