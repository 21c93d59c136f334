import { describe, expect, it } from 'vitest'
import { readSourceFiles } from './source-file.ts'
import { checkTree } from './tree-rules.ts'

describe('the source tree', () => {
  const files = readSourceFiles()

  it('follows every rule of ARCHITECTURE.md', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(checkTree(files)).toEqual([])
  })
})

const caught: readonly (readonly [path: string, text: string, complaint: RegExp])[] = [
  ['src/errors.ts', `import './backoff.ts'`, /errors may not import backoff/],
  ['src/http-client/kv.ts', `import { native } from '../instance/index.ts'`, /http-client may not import instance/],
  ['src/instance/raw.ts', `import type { Kv } from '../http-client/index.ts'`, /instance may not import http-client/],
  ['src/resolver/resolver.ts', `export * from '../registry/index.ts'`, /resolver may not import registry/],
  ['src/registry/registrar.ts', `const x = await import('../resolver/index.ts')`, /registry may not import resolver/],
  ['src/registry/registrar.ts', `type X = import('../resolver/index.ts').Resolver`, /registry may not import resolver/],
  ['src/registry/registrar.ts', `import { calls } from '../http-client/calls.ts'`, /past the door/],
  ['src/registry/deep/a.ts', `import { calls } from '../../http-client/calls.ts'`, /past the door/],
  ['src/index.ts', `export * from './testing/index.ts'`, /index may not import testing/],
  [
    'src/testing/mvcc-store.ts',
    `import type { Kv } from '../http-client/index.ts'`,
    /testing may not import http-client/,
  ],
  ['src/testing/mvcc-store.ts', `import { keyOf } from '../http-client/wire.ts'`, /more than types/],
  ['src/testing/mvcc-store.ts', `import { EtcdError } from '../errors.ts'`, /testing may not import errors/],
  ['src/novel/thing.ts', `import '../errors.ts'`, /"novel" has no place/],
  ['src/instance/raw.ts', `import '../../worker/app.ts'`, /outside of src/],
  ['src/instance/raw.ts', `import { isEtcdError } from 'etcd-edge'`, /by its own name/],
  ['worker/app.ts', `import { native } from '../src/instance/index.ts'`, /by the package's name/],
  ['worker/app.ts', `import { createEtcdSimulator } from 'etcd-edge/testing'`, /for tests/],
  ['examples/a.ts', `import { native } from '../src/index.ts'`, /by the package's name/],

  ['src/http-client/kv.ts', `import ky from 'ky'`, /imports ky/],
  ['src/testing/routes.ts', `import { Hono } from 'hono'`, /imports hono/],
  ['worker/app.ts', `import { DurableObject } from 'cloudflare:workers'`, /imports cloudflare:workers/],
  ['src/http-client/base64.ts', `import { Buffer } from 'node:buffer'`, /imports node:buffer/],
  ['src/http-client/base64.ts', `import { Buffer } from 'buffer'`, /imports buffer/],
  ['worker/app.ts', `import { createHash } from 'node:crypto'`, /imports node:crypto/],
  ['examples/a.ts', `import process from 'node:process'`, /imports node:process/],
  ['src/instance/native.ts', `import * as z from 'zod'`, /imports zod: zod\/mini/],
  ['src/instance/native.ts', `import * as z from 'zod/mini'`, /imports zod\/mini: a program/],
  ['worker/input.ts', `import * as z from 'zod/v4'`, /imports zod\/v4/],
  ['src/testing/simulator.ts', `import { http } from 'msw'`, /imports msw/],
  ['src/http-client/observer.ts', `import '@opentelemetry/api'`, /imports @opentelemetry\/api: the library/],
  ['worker/app.ts', `import { Counter } from 'prom-client'`, /imports prom-client: the library/],
  ['src/resolver/resolver.ts', `import { throttle } from 'es-toolkit'`, /does not have/],

  ['src/resolver/a.ts', `async function f() { await using x = y() }`, /await using/],
  ['src/resolver/a.ts', `function f() { using x = y() }`, /using/],
  ['src/resolver/a.ts', `const a = process.env.A`, /process\.env/],
  ['src/resolver/a.ts', `const a = globalThis.process['env']`, /process\.env/],
  ['src/resolver/a.ts', `const a = Deno.env.get('A')`, /Deno\.env/],
  ['src/resolver/a.ts', `const a = import.meta.env.A`, /import\.meta\.env/],
  ['src/resolver/a.ts', `let count = 0`, /"count" is state/],
  ['src/resolver/a.ts', `export let count = 0`, /"count" is state/],
  ['worker/app.ts', `const cache = new Map<string, string>()`, /"cache" is state/],

  ['src/resolver/utils.ts', ``, /"utils" is no name/],
  ['test/helpers/a.ts', ``, /"helpers" is no name/],
  ['src/shared/index.ts', ``, /"shared" is no name/],
  ['worker/types.d.ts', ``, /"types" is no name/],
  ['tools/long.ts', '\n'.repeat(251), /251 lines/],
  ['test/unit/long.test.ts', '\n'.repeat(251), /251 lines/],
]

const fine: readonly (readonly [path: string, text: string])[] = [
  [
    'src/registry/registrar.ts',
    `import { op } from '../http-client/index.ts'; import { native } from '../instance/index.ts'`,
  ],
  ['src/resolver/instancer.ts', `import { sleep } from '../backoff.ts'; import { EtcdError } from '../errors.ts'`],
  ['src/resolver/instancer.ts', `import { createRecordSet } from './record-set.ts'`],
  ['src/testing/mvcc-store.ts', `import { type WireKeyValue, type WireHeader } from '../http-client/wire.ts'`],
  ['src/http-client/gateway.ts', `import ky from 'ky'`],
  ['src/testing/handlers.ts', `import { http } from 'msw'`],
  ['worker/input.ts', `import * as z from 'zod/mini'`],
  ['src/tls/node.ts', `import { readFileSync } from 'node:fs'`],
  ['worker/app.ts', `import { Hono } from 'hono'; import { createResolver } from 'etcd-edge/resolver'`],
  ['worker/entry.ts', `import { env } from 'cloudflare:workers'; let app; const cache = new Map()`],
  ['examples/observe-a.ts', `import { trace } from '@opentelemetry/api'; import { Counter } from 'prom-client'`],
  ['tools/start.ts', `import { join } from 'node:path'; const url = process.env.ETCD_ENDPOINTS; let a = 1`],
  ['test/unit/errors.test.ts', `import { isEtcdError } from '../../src/errors.ts'`],
  [
    'src/resolver/a.ts',
    `const names = new Set(['a']); const { env } = options; options.env.A; function f() { let a = 1; new Map() }`,
  ],
  ['src/resolver/a.ts', '\n'.repeat(250)],
]

/** For the name of a test. */
const shown = (text: string) => text.trim() || `${text.length} empty lines`

describe('the rules of the source tree', () => {
  const samples = caught.map(([path, text, complaint]) => ({ path, text, complaint, code: shown(text) }))
  it.each(samples)('complain about $path with $code', ({ path, text, complaint }) => {
    expect(checkTree([{ path, text }])).toEqual([expect.stringMatching(complaint)])
  })

  const good = fine.map(([path, text]) => ({ path, text, code: shown(text) }))
  it.each(good)('accept $path with $code', ({ path, text }) => {
    expect(checkTree([{ path, text }])).toEqual([])
  })
})
