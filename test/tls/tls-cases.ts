import type { createEtcdClient, EtcdClient } from 'etcd-edge/http-client'
import type { TlsFetchOptions, tlsFetch } from 'etcd-edge/tls'

/** Plain data, so that it can be handed to another runtime. */
export interface TlsInput {
  /** Of three etcds, by what is the matter with their certificates. */
  readonly urls: { readonly right: string; readonly expired: string; readonly misnamed: string; readonly plain: string }
  readonly ca: string
  readonly otherCa: string
  readonly client: { readonly cert: string; readonly key: string }
  readonly stranger: { readonly cert: string; readonly key: string }
  readonly expired: { readonly cert: string; readonly key: string }
}

export interface Package {
  readonly createEtcdClient: typeof createEtcdClient
  readonly tlsFetch: typeof tlsFetch
}

/** What each case came to: `ok`, or the class and the text of the error and of its cause. */
export type TlsOutcomes = Readonly<Record<string, string>>

/** Runs the same calls with good and bad certificates. It needs nothing of any runtime. */
export async function runTlsCases(input: TlsInput, { createEtcdClient, tlsFetch }: Package): Promise<TlsOutcomes> {
  const { urls, ca, otherCa, client } = input
  const using = async (url: string, options: TlsFetchOptions | undefined, use: (etcd: EtcdClient) => Promise<void>) => {
    try {
      const fetch = tlsFetch(options)
      try {
        await use(createEtcdClient({ endpoints: [url], fetch, timeoutMs: 8000 }))
      } finally {
        await fetch.close()
      }
      return 'ok'
    } catch (error) {
      return describe(error)
    }
  }
  const trip = async (etcd: EtcdClient) => {
    await etcd.kv.put('/tls/a', 'ä'.repeat(100_000))
    equal((await etcd.kv.get('/tls/a'))?.value, 'ä'.repeat(100_000))
  }
  return {
    right: await using(urls.right, { ca, ...client }, trip),
    watch: await using(urls.right, { ca: [otherCa, ca], ...client }, watchAndAbort),
    'as bytes': await using(urls.right, { ca: bytes(ca), cert: bytes(client.cert), key: bytes(client.key) }, trip),
    'plain http': await using(urls.plain, undefined, trip),
    'plain http, watch': await using(urls.plain, undefined, watchAndAbort),
    'no certificate': await using(urls.right, { ca }, trip),
    'wrong certificate': await using(urls.right, { ca, ...input.stranger }, trip),
    'expired certificate': await using(urls.right, { ca, ...input.expired }, trip),
    'wrong authority': await using(urls.right, { ca: otherCa, ...client }, trip),
    'no authority': await using(urls.right, client, trip),
    'expired server': await using(urls.expired, { ca, ...client }, trip),
    'wrong host': await using(urls.misnamed, { ca, ...client }, trip),
    servername: await using(urls.misnamed, { ca, ...client, servername: 'etcd.example' }, trip),
    'key without certificate': await using(urls.right, { ca, key: client.key }, trip),
    'a path': await using(urls.right, { ca: '/etc/etcd/ca.crt' }, trip),
    'verification off': await using(urls.right, { ca, rejectUnauthorized: false } as TlsFetchOptions, trip),
  }
}

async function watchAndAbort(etcd: EtcdClient): Promise<void> {
  const controller = new AbortController()
  const { revision } = await etcd.kv.put('/tls/watched', '1')
  const watch = etcd.watch({ prefix: '/tls/watched', startRevision: revision, signal: controller.signal })
  const next = async () => {
    const { value } = await watch.next()
    return value?.type === 'events' ? value.events[0]?.kv.value : value?.type
  }
  equal(await next(), '1')
  await etcd.kv.put('/tls/watched', '2')
  equal(await next(), '2')
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 50)
  const seen = await watch.next().catch((error: unknown) => error)
  equal(seen, reason)
}

const bytes = (text: string) => new TextEncoder().encode(text)

function equal(seen: unknown, expected: unknown): void {
  if (seen !== expected) throw new Error(`expected ${String(expected).slice(0, 99)}, saw ${String(seen).slice(0, 99)}`)
}

function describe(error: unknown): string {
  const { name, message, cause } = error as Error
  return cause === undefined ? `${name}: ${message}` : `${name}: ${message} <- ${describe(cause)}`
}
