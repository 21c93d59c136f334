import { fileURLToPath } from 'node:url'
import { createEtcdClient } from 'etcd-edge/http-client'
import { tlsFetch } from 'etcd-edge/tls'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimes } from '../runtimes/runtime.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { runTlsCases, type TlsInput, type TlsOutcomes } from './tls-cases.ts'
import { startTlsEtcd, type TlsEtcd } from './tls-etcd.ts'

const program = fileURLToPath(new URL('tls-program.ts', import.meta.url))

type RunCases = (input: TlsInput) => Promise<TlsOutcomes>

const inThisProcess: RunCases = (input) => runTlsCases(input, { createEtcdClient, tlsFetch })

/** With the switch thrown that makes Node and Bun verify nothing by default. */
const asProgram =
  ([file, ...args]: readonly [string, ...string[]]): RunCases =>
  async (input) => {
    const { stdout } = await execa(file, [...args, program, JSON.stringify(input)], {
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    })
    return JSON.parse(stdout)
  }

const ways: readonly (readonly [name: string, run: RunCases])[] = [
  ['Node, in this process', inThisProcess],
  ...runtimes.map(({ name, command }) => [name, asProgram(command)] as const),
]

describeWithEtcd('tlsFetch, with an etcd that wants client certificates', () => {
  let certificates: Certificates
  let etcds: readonly TlsEtcd[] = []
  let input: TlsInput
  beforeAll(async () => {
    certificates = await makeCertificates()
    const { server, expired, misnamed, client, stranger, authority, otherAuthority } = certificates
    etcds = await Promise.all([server, expired, misnamed].map((each) => startTlsEtcd(certificates, each)))
    const [right, late, other] = etcds as readonly [TlsEtcd, TlsEtcd, TlsEtcd]
    input = {
      urls: { right: right.url, expired: late.url, misnamed: other.url, plain: right.etcd.url },
      ca: authority.cert,
      otherCa: otherAuthority.cert,
      client: { cert: client.cert, key: client.key },
      stranger: { cert: stranger.cert, key: stranger.key },
      expired: { cert: expired.cert, key: expired.key },
    }
  })
  afterAll(async () => {
    await Promise.all(etcds.map(({ etcd }) => etcd.stop()))
    await certificates?.[Symbol.asyncDispose]()
  })

  describe.each(ways)('on %s', (name, run) => {
    let outcomes: TlsOutcomes
    beforeAll(async () => {
      outcomes = await run(input)
    })
    const refused = (why: string) => expect.stringMatching(`^UnavailableError: .* <- UnavailableError: TLS: .*${why}`)
    /** What Bun knows of an alert is that the handshake failed; Deno does not always have the time to read it. */
    const orVaguely = (why: string) => {
      if (name === 'Bun') return 'the TLS handshake with .* client certificate'
      return name === 'Deno' ? `(${why}|closed the connection; .* client certificate)` : why
    }

    test.each(['right', 'watch', 'as bytes', 'plain http', 'plain http, watch'])('works: %s', (which) => {
      expect(outcomes[which]).toBe('ok')
    })
    test('says that etcd demands a certificate when none is given', () => {
      expect(outcomes['no certificate']).toEqual(refused(orVaguely('demands a client certificate, and none was given')))
    })
    test.each(['wrong certificate', 'expired certificate'])('says that etcd does not accept: %s', (which) => {
      expect(outcomes[which]).toEqual(refused(orVaguely('does not accept the client certificate')))
    })
    test.each(['wrong authority', 'no authority'])('does not trust a server: %s', (which) => {
      expect(outcomes[which]).toEqual(refused('signed by an authority that is not trusted'))
    })
    test('does not trust a server whose certificate has expired', () => {
      expect(outcomes['expired server']).toEqual(refused('the certificate of https://127.0.0.1:\\d+ has expired'))
    })
    test('does not trust a server with the certificate of another host', () => {
      expect(outcomes['wrong host']).toEqual(refused('is for another host name'))
    })
    test('takes the certificate of a host that is named', () => {
      const expected = name === 'Deno' ? expect.stringMatching(/^TypeError: servername: Deno verifies/) : 'ok'
      expect(outcomes.servername).toEqual(expected)
    })
    test('refuses wrong options before anything is sent', () => {
      expect(outcomes['key without certificate']).toBe('TypeError: cert and key must be given together')
      expect(outcomes['a path']).toMatch(/^TypeError: ca must be PEM/)
      expect(outcomes['verification off']).toMatch(/^TypeError: rejectUnauthorized is no option .* always verified$/)
    })
    test('leaves no watch open at etcd', async () => {
      const watchers = async () => (await etcds[0]?.etcd.metrics())?.get('etcd_debugging_mvcc_watcher_total')
      await expect.poll(watchers).toBe(0)
    })
  })
})
