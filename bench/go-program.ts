import { buildGoProgram as build } from '../test/support/go-program.ts'

/** The path of a program of `interop/go`; without Go on PATH it says so and gives nothing. */
export async function buildGoProgram(name: string): Promise<string | undefined> {
  const program = await build(name)
  if (program === undefined) console.warn('NOT RUN: benches against programs of other frameworks need Go on PATH')
  return program
}
