const client = `
import { createEtcdClient } from 'etcd-edge'
import { createEtcdSimulator } from 'etcd-edge/testing'
export const simulator = createEtcdSimulator()
export const etcd = createEtcdClient({ endpoints: ['http://etcd.test'], fetch: simulator.fetch })
`

/** What the text around a block says that there is, for each block that is no whole program. */
export const preambles: Readonly<Record<string, string>> = {
  'README.md, Use it 2': `${client}
import { createResolver } from 'etcd-edge'
`,
  'README.md, Use it 3': `${client}
import { createRegistrar, keepRegistered } from 'etcd-edge'
const registrar = createRegistrar(etcd)
declare const database: { isUp(): Promise<boolean> }
`,
  'README.md, Use it 5': `${client}
import { createInstancer } from 'etcd-edge'
const web = createInstancer(etcd, 'web')
`,
  'README.md, Use it 4': `${client}
import { createRegistrar } from 'etcd-edge'
const stored = new Map<string, string>()
export const storage = {
  get: async (name: string): Promise<string | null> => stored.get(name) ?? null,
  put: async (name: string, text: string): Promise<void> => void stored.set(name, text),
}
`,
  'README.md, Use it 6': `${client}
import { createInstancer, createRegistrar, createResolver } from 'etcd-edge'
`,
  'docs/resolver.md, resolve': `${client}
import { createResolver } from 'etcd-edge'
`,
  'docs/resolver.md, resolveMany': `${client}
import { createResolver } from 'etcd-edge'
`,
  'docs/resolver.md, onEmpty': `${client}
import { createResolver } from 'etcd-edge'
`,
  'docs/testing.md, Users and permissions': client,
  'docs/http-client.md, The client': `
declare const env: { readonly ETCD_VPC: { readonly fetch: typeof fetch }; readonly ETCD_PASSWORD: string }
`,
  'docs/http-client.md, Watching': `${client}
declare const revision: number
declare const signal: AbortSignal
`,
  'docs/http-client.md, Watching 2': `${client}
import type { WatchEvent } from 'etcd-edge/http-client'
declare const signal: AbortSignal
declare function save(events: readonly WatchEvent[]): Promise<void>
`,
  'docs/http-client.md, Observing': `
import { createEtcdClient } from 'etcd-edge'
declare const endpoints: readonly string[]
declare const logger: Readonly<Record<'debug' | 'warn', (fields: object, text: string) => void>>
`,
}
