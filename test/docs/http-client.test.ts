import { readFileSync } from 'node:fs'
import * as client from 'etcd-edge'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = read('docs/http-client.md')
/** What the page names in code. */
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code?.match(/[\w.]+/g) ?? []))

/** The fields that an interface or an object type of a source file declares. */
function fieldsOf(path: string, type: string): string[] {
  const source = read(path)
  const start = source.search(new RegExp(`export (interface|type) ${type}\\b`))
  expect(start, `${type} in ${path}`).toBeGreaterThanOrEqual(0)
  const body = source.slice(start, source.indexOf('\n}', start))
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '')
}

describe('docs/http-client.md', () => {
  it.each([
    ['src/http-client/options.ts', 'EtcdClientOptions'],
    ['src/http-client/login.ts', 'AuthOptions'],
    ['src/http-client/watch.ts', 'WatchOptions'],
    ['src/http-client/operation.ts', 'ListOptions'],
    ['src/http-client/operation.ts', 'PutOptions'],
    ['src/http-client/operation.ts', 'ReadOptions'],
    ['src/http-client/pages.ts', 'PagesOptions'],
    ['src/http-client/observer.ts', 'EtcdObserver'],
    ['src/http-client/observer.ts', 'EtcdResponseEvent'],
    ['src/http-client/deadline.ts', 'CallOptions'],
  ])('names every field of %s %s', (path, type) => {
    const fields = fieldsOf(path, type)
    expect(fields.length).toBeGreaterThan(0)
    expect(fields.filter((field) => !named.has(field))).toEqual([])
  })

  it('names every call of the client', () => {
    const etcd = client.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
    const calls = Object.entries(etcd).flatMap(([part, methods]) =>
      typeof methods === 'function' ? [part] : Object.keys(methods).map((method) => `${part}.${method}`),
    )
    expect(calls.length).toBeGreaterThan(40)
    expect(calls.filter((call) => !named.has(call))).toEqual([])
  })

  it('names no call that does not exist', () => {
    const etcd: Record<string, unknown> = { ...client.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] }) }
    const parts = Object.keys(etcd).filter((part) => typeof etcd[part] === 'object')
    const mentioned = [...named].filter((name) => parts.includes(name.split('.')[0] ?? '') && name.includes('.'))
    const missing = mentioned.filter((name) => {
      const [part = '', method = ''] = name.split('.')
      return !(method in (etcd[part] as object))
    })
    expect(missing).toEqual([])
  })

  it('names the class and the code of every error that the client throws', () => {
    const discovery = ['INVALID_INSTANCE', 'INSTANCE_CONFLICT', 'NO_INSTANCES', 'RETRY']
    const codes = [...read('src/errors.ts').matchAll(/^ {2}\| '([A-Z_]+)'$/gm)].map(([, code]) => code ?? '')
    expect(codes).toContain('UNAVAILABLE')
    expect(codes.filter((code) => !discovery.includes(code) && !named.has(code))).toEqual([])
    const classes = Object.keys(client).filter((name) => /Error$/.test(name) && /^[A-Z]/.test(name))
    expect(classes.filter((name) => !/Instance|Retry/.test(name) && !named.has(name))).toEqual([])
  })

  it.each([
    ['timeoutMs', 'src/http-client/options.ts', 3000],
    ['headerTimeoutMs', 'src/http-client/watch.ts', 5000],
    ['idleMs', 'src/http-client/watch.ts', 50000],
    ['maxAgeMs', 'src/http-client/watch.ts', 240000],
  ])('gives the default of %s that the source gives', (option, path, value) => {
    const source = read(path).replaceAll('_', '')
    expect(source).toMatch(new RegExp(`@default ${value}`))
    expect(source).toMatch(new RegExp(`${option}( \\?\\?| =) ${value}`))
    expect(page).toMatch(new RegExp(`\\| \`${option}\` \\|[^|]*\\| ${value} \\|`))
  })
})
