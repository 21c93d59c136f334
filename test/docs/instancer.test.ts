import { readFileSync } from 'node:fs'
import * as library from 'etcd-edge'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readCodeBlocks } from './code-block.ts'
import { readPrints, runCodeBlock } from './printing-block.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const blocks = readCodeBlocks('docs/instancer.md')
const page = read('docs/instancer.md')
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code?.match(/\w+/g) ?? []))

/** The members that an interface declares. */
function membersOf(path: string, name: string): string[] {
  const source = read(path)
  const start = source.search(new RegExp(`export interface ${name}\\b`))
  expect(start, `${name} in ${path}`).toBeGreaterThanOrEqual(0)
  const body = source.slice(start, source.indexOf('\n}', start))
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member ?? '')
}

describe('docs/instancer.md', () => {
  let simulator: EtcdSimulator
  beforeEach(async () => {
    simulator = createEtcdSimulator()
    vi.stubGlobal('fetch', simulator.fetch)
    const etcd = library.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
    for (const name of ['web/web-1', 'web/web-2', 'pay/pay-1']) {
      await etcd.kv.put(`/services/${name}`, JSON.stringify({ address: '10.0.0.7:8080' }))
    }
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    simulator.close()
  })

  it('shows code', () => {
    expect(blocks.length).toBeGreaterThan(3)
  })

  it.each(blocks)('what it says in line $line runs, prints what it says and leaves no watch', async (block) => {
    expect(await runCodeBlock(block, { 'etcd-edge': library })).toBe(readPrints(block))
    await eventually(() => expect(simulator.watcherCount()).toBe(0))
  })

  it.each([
    ['src/resolver/instancer.ts', 'InstancerOptions', 'onEmpty'],
    ['src/resolver/instancer.ts', 'Instancer', 'drift'],
    ['src/resolver/watch-many.ts', 'LiveServices', 'instancers'],
  ])('names every member of %s %s', (path, name, one) => {
    const members = membersOf(path, name)
    expect(members).toContain(one)
    expect(members.filter((member) => member !== 'service' && !named.has(member))).toEqual([])
  })

  it('gives the defaults that the source gives', () => {
    const options = read('src/resolver/instancer.ts')
    expect(options).toMatch(/@default 300000\n[^@]*readonly fullCheckMs\?/)
    expect(options).toMatch(/@default 'accept'\n[^@]*readonly onEmpty\?/)
    expect(read('src/resolver/follow-services.ts')).toMatch(/fullCheckMs \?\? 300_000\b/)
    expect(read('src/resolver/on-empty.ts')).toMatch(/onEmpty: OnEmpty = 'accept'/)
    expect(page).toMatch(/\| `fullCheckMs` \|[^|]*\| 300000 \|/)
    expect(page).toMatch(/\| `onEmpty` \|[^|]*\| `'accept'` \|/)
    expect(read('src/resolver/list-many.ts')).toContain('recordsPerRequest = 20_000')
    expect(page).toContain('more than 20000 records')
    expect(read('src/resolver/full-check.ts')).toContain('settleMs = 2000')
    expect(page).toContain('not told 2 s later')
  })

  it('names the errors that it describes', () => {
    const classes = Object.keys(library).filter((name) => page.includes(`\`${name}\``) && name.endsWith('Error'))
    expect(classes.sort()).toEqual(['InvalidInstanceError', 'UnavailableError'])
  })
})
