import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Builds a program of the module `interop/go`, gives its path; without Go on PATH it says so and gives nothing. */
export async function buildGoProgram(name: string): Promise<string | undefined> {
  const program = `${root}.cache/interop/${name}`
  // What go.sum does not vouch for is not built.
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', program, `./${name}`]
  const built = await execa('go', args, { cwd: `${root}interop/go`, env: { CGO_ENABLED: '0' }, reject: false })
  if (built.code === 'ENOENT') {
    console.warn('NOT RUN: benches against programs of other frameworks need Go on PATH')
    return undefined
  }
  if (built.failed) throw new Error(`${name} cannot be built: ${built.stderr}`)
  return program
}
