import type { Framework } from './framework.ts'

export type Direction = 'theirs → ours' | 'ours → theirs'

/** What a test shows when it passes: a part of the interop table. */
export interface InteropProof {
  readonly framework: string
  readonly module: string
  readonly direction: Direction
  /** Of an instance, which the other side sees. */
  readonly fields?: readonly string[]
  /** Those of them that the other side does not look at. */
  readonly lost?: readonly string[] | undefined
  /** `change`, `deregister` or `expiry`, which the other side sees. */
  readonly event?: string
}

declare module 'vitest' {
  interface TaskMeta {
    interop?: InteropProof
  }
}

/** The options of tests that show something of one framework in one direction. */
export function proofOf({ name, module }: Framework, direction: Direction) {
  return (shown: Pick<InteropProof, 'fields' | 'lost' | 'event'>): { readonly meta: { interop: InteropProof } } => ({
    meta: { interop: { framework: name, module, direction, ...shown } },
  })
}
