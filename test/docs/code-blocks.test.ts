import { createEtcdClient, isEtcdError } from 'etcd-edge'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { readText } from '../package/source-file.ts'
import { compilePrograms, runProgram, writePrograms } from './block-program.ts'
import { type CodeBlock, readCodeBlocks } from './code-block.ts'
import { preambles } from './preambles.ts'

const pages = [
  'README.md',
  'docs/http-client.md',
  'docs/testing.md',
  'docs/resolver.md',
  'docs/instancer.md',
  'docs/service-fetch.md',
  'docs/from-go-kit.md',
  'docs/from-kitex.md',
]
const blocks = pages.flatMap(readCodeBlocks)
writePrograms(blocks)

function blockNamed(name: string): CodeBlock {
  const block = blocks.find((each) => each.name === name)
  if (block === undefined) throw new Error(`there is no block "${name}"`)
  return block
}

describe('the code in the pages', () => {
  let complaints: readonly string[]
  beforeAll(async () => {
    complaints = await compilePrograms(blocks)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it.each(pages)('of %s compiles', (page) => {
    expect(blocks.filter((block) => block.page === page).length).toBeGreaterThanOrEqual(3)
    expect(complaints.filter((complaint) => complaint.startsWith(`${page}:`))).toEqual([])
  })

  it('stands where a preamble says that it does', () => {
    expect(Object.keys(preambles).map((name) => blockNamed(name).name)).toEqual(Object.keys(preambles))
  })

  it.each(['observe-prometheus.ts', 'observe-opentelemetry.ts'])('of docs/http-client.md is that of %s', (file) => {
    const example = readText(`examples/${file}`)
    expect(readText('docs/http-client.md')).toContain(`](../examples/${file})`)
    const quotes = blocks.filter(({ page, code }) => page === 'docs/http-client.md' && example.includes(code))
    expect(quotes.map(({ code }) => code)).toEqual([expect.stringMatching(/^import .*^export function .*^}$/ms)])
  })

  it('README.md: registers, resolves, picks, and leaves nothing behind', async () => {
    await using simulator = createEtcdSimulator()
    vi.stubGlobal('fetch', simulator.fetch)
    await runProgram(blockNamed('README.md, Use it'))
    // A put and a delete: what was picked was there, or it would have thrown.
    expect(simulator.revision()).toBe(3)
    expect([simulator.leases(), simulator.watcherCount()]).toEqual([[], 0])
  })

  it('README.md: keeps a registration as data', async () => {
    const { etcd, simulator, storage } = (await runProgram(blockNamed('README.md, Use it 4'))) as {
      etcd: ReturnType<typeof createEtcdClient>
      simulator: EtcdSimulator
      storage: { get(name: string): Promise<string | null> }
    }
    const { key, leaseId } = JSON.parse((await storage.get('registration')) ?? '')
    expect(await etcd.kv.get(key)).toMatchObject({ leaseId })
    simulator.close()
  })

  it.each(['README.md, Testing your own code', 'docs/testing.md, Testing your own code'])(
    '%s: begins a test without an etcd',
    async (name) => {
      await expect(runProgram(blockNamed(name))).resolves.toBeDefined()
    },
  )

  it('docs/testing.md: switches authentication on, with a user who may what the page says', async () => {
    const program = (await runProgram(blockNamed('docs/testing.md, Users and permissions'))) as {
      simulator: EtcdSimulator
    }
    await using simulator = program.simulator
    const options = { endpoints: ['http://etcd.test'], fetch: simulator.fetch }
    const edge = createEtcdClient({ ...options, auth: { username: 'edge', password: 'secret' } })
    await edge.kv.put('/services/web/a', 'x')
    await expect(edge.kv.put('/other', 'x')).rejects.toSatisfy(isEtcdError)
    await expect(createEtcdClient(options).kv.get('/services/web/a')).rejects.toMatchObject({ code: 'AUTH' })
  })
})

// Its tests are run as tests of this file.
describe('docs/testing.md, What can go wrong', async () => {
  await runProgram(blockNamed('docs/testing.md, What can go wrong'))
})
