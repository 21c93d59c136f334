import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const root = fileURLToPath(new URL('../', import.meta.url))

/** go-kit's own balancers, in a program of its own language. */
export interface GoKit {
  /** One round; see `interop/go/bench-lb`. */
  nsPerOp(name: string, instances: number, operations: number): Promise<number>
}

/** Builds it from its Go module; without Go on PATH it says so and gives nothing. */
export async function buildGoKit(): Promise<GoKit | undefined> {
  const program = `${root}.cache/interop/bench-lb`
  // What go.sum does not vouch for is not built.
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', program, './bench-lb']
  const built = await execa('go', args, { cwd: `${root}interop/go`, env: { CGO_ENABLED: '0' }, reject: false })
  if (built.code === 'ENOENT') {
    console.warn('NOT RUN: benches against go-kit need Go on PATH')
    return undefined
  }
  if (built.failed) throw new Error(`go-kit's bench cannot be built: ${built.stderr}`)
  return {
    async nsPerOp(name, instances, operations) {
      const { stdout } = await execa(program, ['-case', name, '-instances', `${instances}`, '-n', `${operations}`])
      return (JSON.parse(stdout) as { readonly nsPerOp: number }).nsPerOp
    },
  }
}
