import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Row } from './comparison.ts'

const uses = {
  ours: "import { createEtcdClient } from 'etcd-edge/http-client'; globalThis.etcd = createEtcdClient",
  theirs: "import { Etcd3 } from 'etcd3'; globalThis.etcd = Etcd3",
}

/** What an application that uses only the client ships: minified and gzipped. */
export async function size(): Promise<Row[]> {
  const ours = await gzipBytes(uses.ours, 'neutral')
  const theirs = await gzipBytes(uses.theirs, 'node')
  const most = 20_000
  return [
    {
      bench: 'size',
      case: 'bundle with the client only, min + gzip',
      peer: 'etcd3 + grpc-js',
      ours,
      theirs,
      unit: 'bytes',
      ratio: ours / theirs,
      spread: 0,
      goal: `ours ≤ ${most}`,
      holds: ours <= most,
    },
  ]
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
