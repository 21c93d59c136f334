import { execa } from 'execa'
import { buildGoProgram } from '../test/support/go-program.ts'

/** go-kit's own balancers, in a program of its own language. */
export interface GoKit {
  /** One round; see `interop/go/bench-lb`. */
  nsPerOp(name: string, instances: number, operations: number): Promise<number>
}

/** Builds it from its Go module; without Go on PATH it says so and gives nothing. */
export async function buildGoKit(): Promise<GoKit | undefined> {
  const program = await buildGoProgram('bench-lb')
  if (program === undefined) {
    console.warn('NOT RUN: benches against go-kit need Go on PATH')
    return undefined
  }
  return {
    async nsPerOp(name, instances, operations) {
      const { stdout } = await execa(program, ['-case', name, '-instances', `${instances}`, '-n', `${operations}`])
      return (JSON.parse(stdout) as { readonly nsPerOp: number }).nsPerOp
    },
  }
}
