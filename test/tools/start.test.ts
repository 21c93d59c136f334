import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEtcdClient } from '../../src/index.ts'
import { serveSimulator } from '../../tools/simulator-server.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { isListening, programsWith, type Ready, start } from './started.ts'

const json = ['--json', '--port', '0']
/** A PATH without etcd. */
const noEtcd = { PATH: '/nowhere' }

let temporary: string
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'start-test-'))
})
afterEach(() => rm(temporary, { recursive: true, force: true }))

describe('npm start', () => {
  it('imitates etcd in memory when there is none, and answers with the demo instance', async () => {
    await using running = start(json, noEtcd)
    const ready: Ready = JSON.parse(await running.nextLine())
    expect(ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      etcd: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      engine: 'in-memory',
      token: expect.stringMatching(/^[\w-]{32}$/),
      pid: running.pid,
    })
    const { instances } = await (await fetch(`${ready.url}/api/v1/resolve/demo`)).json()
    expect(instances).toMatchObject([{ service: 'demo', address: new URL(ready.url).host }])
  })

  it('prints one line and nothing else on standard output with --json', async () => {
    await using running = start([...json, '--token', 'let-me-in'], noEtcd)
    const line = await running.nextLine()
    process.kill(running.pid, 'SIGINT')
    const { stdout } = await running.ended
    expect(stdout).toBe(line)
    expect(JSON.parse(line)).toMatchObject({ token: 'let-me-in' })
  })

  it('prints curl lines that can be pasted', async () => {
    await using running = start(['--port', '0', '--token', 'let-me-in'], noEtcd)
    const lines: string[] = []
    while (!lines.at(-1)?.startsWith('Ctrl-C')) lines.push(await running.nextLine())
    const curls = lines.filter((line) => line.startsWith('  curl '))
    expect(curls).toEqual([
      expect.stringContaining('/api/v1/resolve/demo'),
      expect.stringContaining('Bearer let-me-in'),
      expect.stringMatching(/instances\?since=\d+&wait=60s/),
    ])
    expect(lines.join('\n')).toContain('imitated in memory')
  })

  it('walks through the life of an instance with --once, a line for each step, and ends', async () => {
    await using running = start(['--once', '--port', '0'], noEtcd)
    const { stdout, stderr, exitCode } = await running.ended
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const steps = stdout.split('\n').filter((line) => / ms {2}/.test(line))
    expect(steps.map((line) => line.split(' ')[0])).toEqual(['register', 'resolve', 'change', 'watch', 'deregister'])
  })

  it('takes the demo instance out of an etcd that goes on, with its lease', async () => {
    await using simulator = await serveSimulator({ port: 0 })
    const etcd = createEtcdClient({ endpoints: [simulator.url] })
    await using running = start([...json, '--etcd', simulator.url])
    await running.nextLine()
    expect((await etcd.kv.list({ prefix: '/services/demo/' })).kvs).toHaveLength(1)
    process.kill(running.pid, 'SIGTERM')
    expect(await running.ended).toMatchObject({ exitCode: 0 })
    expect((await etcd.kv.list({ prefix: '/services/demo/' })).kvs).toEqual([])
    expect(await etcd.lease.list()).toEqual([])
  })
})

const programs = () => programsWith(`TMPDIR=${temporary}`)

/** What is left of a run. */
const leftovers = async () => ({ files: await readdir(temporary), programs: programs() })

describeWithEtcd('npm start with an etcd on PATH', () => {
  it.each([
    ['SIGINT to the process', 'SIGINT', 1],
    ['SIGTERM to the process', 'SIGTERM', 1],
    ['SIGINT to the process group, as Ctrl-C in a terminal', 'SIGINT', -1],
    ['SIGTERM to the process group', 'SIGTERM', -1],
  ] as const)('ends all that it started on %s', async (_, signal, target) => {
    await using running = start(json, { TMPDIR: temporary })
    const { url, etcd, engine }: Ready = JSON.parse(await running.nextLine())
    expect(engine).toMatch(/^etcd \d+\.\d+\.\d+$/)
    expect([await isListening(url), await isListening(etcd)]).toEqual([true, true])
    expect(programs().map(({ name }) => name)).toEqual(expect.arrayContaining(['etcd', 'workerd']))
    process.kill(target * running.pid, signal)
    expect(await running.ended).toMatchObject({ exitCode: 0 })
    expect([await isListening(url), await isListening(etcd)]).toEqual([false, false])
    expect(await leftovers()).toEqual({ files: [], programs: [] })
  })

  it('leaves nothing behind when Ctrl-C is pressed again and again', async () => {
    await using running = start(json, { TMPDIR: temporary })
    const { url, etcd }: Ready = JSON.parse(await running.nextLine())
    for (let press = 0; press < 5; press++) {
      process.kill(-running.pid, 'SIGINT')
      await sleep(10)
    }
    expect(await running.ended).toMatchObject({ exitCode: 0 })
    expect([await isListening(url), await isListening(etcd)]).toEqual([false, false])
    expect(await leftovers()).toEqual({ files: [], programs: [] })
  })

  it('tells that its etcd was killed, goes on, and ends in order all the same', async () => {
    await using running = start(json, { TMPDIR: temporary })
    const { url }: Ready = JSON.parse(await running.nextLine())
    for (const { pid, name } of programs()) if (name === 'etcd') process.kill(pid, 'SIGKILL')
    await sleep(500)
    expect(await isListening(url)).toBe(true)
    process.kill(running.pid, 'SIGTERM')
    const { stderr, exitCode } = await running.ended
    expect(exitCode).toBe(0)
    expect(stderr.split('\n').slice(-3)).toEqual([
      expect.stringMatching(/^etcd has ended/),
      'stopping',
      expect.stringMatching(/^the demo instance could not be deregistered/),
    ])
    expect(await leftovers()).toEqual({ files: [], programs: [] })
  })

  it.each([400, 700, 1000, 1300])(
    'leaves nothing behind when it is stopped %i ms after it was started',
    async (afterMs) => {
      await using running = start(json, { TMPDIR: temporary })
      await sleep(afterMs)
      process.kill(-running.pid, 'SIGINT')
      await running.ended
      expect(await leftovers()).toEqual({ files: [], programs: [] })
    },
  )
})

describe('npm start that cannot go on', () => {
  it.each([
    [['--prot', '80'], "Unknown option '--prot'; npm start -- --help lists the options"],
    [['--port', 'http'], '--port must be a number from 0 to 65535, not "http"'],
    [['--port', '65536'], '--port must be a number from 0 to 65535, not "65536"'],
    [['--etcd', '127.0.0.1:2379'], '--etcd must be a URL such as http://127.0.0.1:2379, not "127.0.0.1:2379"'],
    [['--token', 'a b'], '--token must be made of letters, digits and - . _ ~ + / only'],
    [['9000'], '"9000" is not an option; options are given after two dashes, as in: npm start -- --port 9000'],
    [['--etcd', 'http://127.0.0.1:1', '--port', '0'], 'etcd cannot be reached at http://127.0.0.1:1'],
  ])('says in one sentence what is wrong with %j', async (args, stderr) => {
    await using running = start(args)
    expect(await running.ended).toEqual({ stdout: '', stderr, exitCode: 1 })
  })

  it('says that the port is in use', async () => {
    await using taken = await listenSilently()
    await using running = start(['--port', String(taken.port)])
    const stderr = `port ${taken.port} is in use; choose another with --port, or --port 0 for a free one`
    expect(await running.ended).toEqual({ stdout: '', stderr, exitCode: 1 })
  })

  it('gives an etcd up that accepts connections and says nothing for 2 s', async () => {
    await using silent = await listenSilently()
    await using running = start(['--port', '0', '--etcd', `http://127.0.0.1:${silent.port}`])
    const stderr = `etcd does not answer within 2 s at http://127.0.0.1:${silent.port}`
    expect(await running.ended).toEqual({ stdout: '', stderr, exitCode: 1 })
  })
})

async function listenSilently() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: async () => void server.close() }
}
