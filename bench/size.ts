import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Row } from './comparison.ts'

const client = "import { createEtcdClient } from 'etcd-edge/http-client'; globalThis.etcd = createEtcdClient;"
const resolver =
  "import { createResolver, createInstancer, roundRobin } from 'etcd-edge/resolver'; globalThis.found = [createResolver, createInstancer, roundRobin];"
const peer = "import { Etcd3 } from 'etcd3'; globalThis.etcd = Etcd3"
const registrar =
  "import { createRegistrar, keepRegistered } from 'etcd-edge/registry'; globalThis.kept = [createRegistrar, keepRegistered];"

/** What an application ships, minified and gzipped. */
const cases: readonly { readonly name: string; readonly uses: string; readonly most: number }[] = [
  { name: 'the client only', uses: client, most: 20_000 },
  // What each adds to the client that it is given; the rows below hold the client too.
  { name: 'the resolver only', uses: resolver, most: 24_000 },
  { name: 'the registrar only', uses: registrar, most: 24_000 },
  { name: 'the resolver and its client', uses: client + resolver, most: 24_000 },
  { name: 'the registrar and its client', uses: client + registrar, most: 24_000 },
]

export async function size(): Promise<Row[]> {
  const theirs = await gzipBytes(peer, 'node')
  const rows: Row[] = []
  for (const { name, uses, most } of cases) {
    const ours = await gzipBytes(uses, 'neutral')
    rows.push({
      bench: 'size',
      case: `bundle with ${name}, min + gzip`,
      peer: 'etcd3 + grpc-js',
      ours,
      theirs,
      unit: 'bytes',
      ratio: ours / theirs,
      spread: 0,
      goal: `ours ≤ ${most}`,
      holds: ours <= most,
    })
  }
  return rows
}

async function gzipBytes(contents: string, platform: 'neutral' | 'node'): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform,
    target: 'es2023',
    mainFields: ['module', 'main'],
    conditions: platform === 'node' ? ['node'] : [],
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).byteLength
}
