import type { EtcdClient } from 'etcd-edge/http-client'

/** What a case has to work with. */
export interface CaseContext {
  readonly etcd: EtcdClient
  /** Of an etcd that takes calls from anywhere. */
  readonly url: string
  /** Where the keys of this case live. */
  readonly prefix: string
}

/** One thing that the client has to do in every runtime. It uses nothing but the language and `fetch`. */
export interface ClientCase {
  readonly name: string
  run(context: CaseContext): Promise<void>
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
