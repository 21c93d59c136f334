import { execa } from 'execa'
import { buildGoProgram } from './go-program.ts'

/** go-kit's own balancers, in a program of its own language. */
export interface GoKit {
  /** One round; see `interop/go/bench-lb`. */
  nsPerOp(name: string, instances: number, operations: number): Promise<number>
}

/** Nothing without Go on PATH. */
export async function buildGoKit(): Promise<GoKit | undefined> {
  const program = await buildGoProgram('bench-lb')
  if (program === undefined) return undefined
  return {
    async nsPerOp(name, instances, operations) {
      const { stdout } = await execa(program, ['-case', name, '-instances', `${instances}`, '-n', `${operations}`])
      return (JSON.parse(stdout) as { readonly nsPerOp: number }).nsPerOp
    },
  }
}
