import { readFileSync } from 'node:fs'
import * as library from 'etcd-edge'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import * as ky from 'ky'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readCodeBlocks } from './code-block.ts'
import { readPrints, runCodeBlock } from './printing-block.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const blocks = readCodeBlocks('docs/service-fetch.md')
const page = read('docs/service-fetch.md')
const options = read('src/resolver/service-fetch/options.ts').replaceAll('_', '')

/** The members that an interface of the options' file declares. */
function membersOf(name: string): string[] {
  const start = options.indexOf(`export interface ${name} {`)
  expect(start).toBeGreaterThan(0)
  const body = options.slice(start, options.indexOf('\n}', start))
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member ?? '')
}

describe('docs/service-fetch.md', () => {
  let simulator: EtcdSimulator
  const called: string[] = []
  beforeEach(async () => {
    simulator = createEtcdSimulator()
    // etcd is where the page says, and the instances take every order.
    const answer = (input: string | URL | Request) => {
      called.push(String(input))
      return Promise.resolve(Response.json({ id: 7 }))
    }
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
      url.startsWith('http://127.0.0.1:2379/') ? simulator.fetch(url, init) : answer(url),
    )
    vi.stubGlobal('env', { MTLS: { fetch: answer } })
    const etcd = library.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
    for (const address of ['10.0.0.7:8080', '10.0.0.8:8080']) {
      await etcd.kv.put(`/services/web/${address}`, JSON.stringify({ address }))
    }
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    called.length = 0
    await simulator.close()
  })

  it('shows code', () => {
    expect(blocks.length).toBeGreaterThan(5)
  })

  it.each(blocks)('what it says in line $line runs, calls instances, and prints what it says', async (block) => {
    expect(await runCodeBlock(block, { 'etcd-edge': library, ky })).toBe(readPrints(block))
    expect(called[0]).toMatch(/^https?:\/\/10\.0\.0\.[78]:8080\//)
    await eventually(() => expect(simulator.watcherCount()).toBe(0))
  })

  it('has every option, and what a balancer is told', () => {
    const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code?.match(/\w+/g) ?? []))
    const members = ['ServiceFetchOptions', 'ServiceBalancer', 'ServiceRequest'].flatMap(membersOf)
    expect(members).toEqual(expect.arrayContaining(['maxAttempts', 'release', 'headers']))
    expect(members.filter((member) => member !== 'pick' && !named.has(member))).toEqual([])
  })

  it.each([
    ['maxAttempts', 3],
    ['maxRetryAfterMs', 5000],
    ['maxReplayBytes', 65536],
  ])('gives the default of %s that the source gives', (option, value) => {
    expect(options).toMatch(new RegExp(`@default ${value}\\b[^@]*readonly ${option}\\?`))
    expect(options).toMatch(new RegExp(`${option} \\?\\? ${value}\\b`))
    expect(page).toMatch(new RegExp(`\\| \`${option}\` \\|[^|]*\\| ${value} \\|`))
  })

  it('names the methods that may be repeated', () => {
    const [, listed = ''] = /const idempotent = \[(.*)\]/.exec(options) ?? []
    const row = page.split('\n').find((line) => line.startsWith('| `repeatableMethods`')) ?? ''
    for (const method of listed.match(/\w+/g) ?? ['none']) expect(row).toContain(`\`${method}\``)
  })
})
