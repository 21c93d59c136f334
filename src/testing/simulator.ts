import { AuthBook } from './auth-book.ts'
import { Call } from './call.ts'
import { type DialectName, dialects } from './dialect.ts'
import type { EtcdServer } from './etcd-server.ts'
import { brokenConnection, FaultSwitches, failedAnswer, type SimulatedFailure } from './fault-switches.ts'
import { answer } from './gateway.ts'
import { LeaseBook } from './lease-book.ts'
import { MvccStore } from './mvcc-store.ts'
import { random63 } from './random-63.ts'
import { routes } from './routes.ts'
import { RpcError } from './rpc-error.ts'
import type { TokenKind } from './token-book.ts'

export interface EtcdSimulatorOptions {
  /** `v1` answers as etcd 3.5 (and 3.4), `v2` as etcd 3.6 and later. Default: `v2`. */
  readonly dialect?: DialectName
  /** The clock of the leases, in milliseconds. Default: `Date.now` at the time of the call, so fake timers work. */
  readonly now?: () => number
  /** The least TTL a lease gets. Default: 2, as etcd with its default election timeout. */
  readonly minTtlSeconds?: number
  /** `jwt` tokens are refused after any change of users or roles, as etcd's with `--auth-token=jwt`. Default: `simple`. */
  readonly authTokens?: TokenKind
  /** Default: 300, as etcd's `--auth-token-ttl`. */
  readonly authTokenTtlSeconds?: number
}

export interface EtcdSimulator extends AsyncDisposable {
  /** A `fetch` that reaches this etcd whatever the URL's host is. It needs no receiver. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** The etcd version that it answers as. */
  readonly version: string
  readonly clusterId: string
  revision(): number
  watcherCount(): number
  /** Ids of the leases that are alive. */
  leases(): string[]
  /**
   * The next call fails, or the next `times` calls, instead of being answered; what is planned first happens first.
   *
   * @param call Its path below `/v3/`, such as `kv/put`. Default: any.
   * @param failure Default: `reset`, after which a client cannot know whether etcd has seen the call.
   */
  failNext(call?: string, failure?: SimulatedFailure, times?: number): void
  /** Behind that many more events, counted over all watches, the stream that carries the last of them breaks. Once. */
  cutWatchAfter(events: number): void
  /** Breaks every stream and every call that is open. */
  cut(): void
  /** Nothing can be reached until `up`; what is stored stays, leases run on. */
  down(): void
  up(): void
  /** Forgets the history before a revision. Default: the current one. @throws RangeError when it cannot. */
  compact(revision?: number): void
  /** The lease expires now. @throws RangeError when there is none. */
  expire(leaseId: string): void
  /** Moves the clock of leases and tokens on, and lets expire what expires. @throws RangeError for less than 0. */
  advance(ms: number): void
  /** Stops as a killed etcd: timers end, open calls and streams fail with a `TypeError`, later calls as well. */
  close(): void
}

/**
 * An etcd in memory behind a `fetch`: one member with auth switched off, as new, with the JSON gateway of the generation
 * that was asked for. It serves `kv`, `watch`, `lease`, `lock`, `auth`, `cluster/member/list`, `maintenance/status`,
 * `maintenance/alarm`, `/version` and `/health`, keeps the whole history until it is compacted, and answers paths that it does not serve as etcd answers unknown ones. The suite in
 * `test/contract` holds it and real etcd to the same answers.
 */
export function createEtcdSimulator(options: EtcdSimulatorOptions = {}): EtcdSimulator {
  const { now = () => Date.now() } = options
  let ahead = 0
  const server = createServer(options, () => now() + ahead)
  const { faults } = server
  const calls = new Set<Call>()
  let isClosed = false

  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    // The request's own signal only follows the caller's, and not in every runtime with the caller's reason.
    const signal = init?.signal ?? request.signal
    const refuseIfOver = () => {
      signal.throwIfAborted()
      if (isClosed) throw new TypeError('fetch failed: the etcd simulator is closed')
      if (faults.isDown) throw brokenConnection('ECONNREFUSED', 'the etcd simulator is down')
    }
    refuseIfOver()
    server.leases.catchUp()
    const [, path = ''] = /^\/v3(?:beta)?\/(.*)$/.exec(new URL(request.url).pathname) ?? []
    const failure = request.method === 'POST' ? faults.take(path) : undefined
    if (failure === 'refused') throw brokenConnection('ECONNREFUSED', 'as planned')
    if (failure === 'reset') throw brokenConnection('ECONNRESET', 'as planned')
    if (typeof failure === 'object') return failedAnswer(failure, server.dialect, routes.get(path)?.streams ?? false)
    const response = await answer(server, request, (timeoutMs) => {
      refuseIfOver()
      const call = new Call(signal, timeoutMs, (ended) => calls.delete(ended))
      calls.add(call)
      return call
    })
    if (failure === undefined) return response
    await response.body?.cancel()
    throw brokenConnection('ECONNRESET', 'as planned, after the call')
  }

  const cut = (why: string): void => {
    for (const call of calls) call.abort(brokenConnection('ECONNRESET', why))
  }

  const close = (): void => {
    isClosed = true
    server.leases.close()
    for (const call of calls) call.abort(new TypeError('terminated: the etcd simulator is closed'))
  }

  return {
    fetch,
    close,
    failNext: (call, failure = 'reset', times = 1) => faults.failNext(call, failure, times),
    cutWatchAfter: (events) => faults.cutWatchAfter(events),
    cut: () => cut('the connection was cut'),
    down() {
      faults.isDown = true
      cut('the etcd simulator is down')
    },
    up() {
      faults.isDown = false
    },
    compact: (revision = server.store.revision) => possible(() => server.store.compact(revision)),
    expire: (leaseId) => possible(() => server.leases.revoke(leaseId)),
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`ms must not be below 0, got ${ms}`)
      ahead += ms
      server.leases.revokeExpired()
    },
    version: server.dialect.etcdVersion,
    get clusterId() {
      return server.clusterId
    },
    revision() {
      server.leases.catchUp()
      return server.store.revision
    },
    watcherCount: () => [...server.watchStreams].reduce((sum, stream) => sum + stream.watcherCount, 0),
    leases() {
      server.leases.catchUp()
      return server.leases.list().map(({ id }) => id)
    },
    [Symbol.asyncDispose]: async () => close(),
  }
}

/** @throws RangeError with etcd's own words. */
function possible(work: () => void): void {
  try {
    work()
  } catch (error) {
    throw error instanceof RpcError ? new RangeError(error.message) : error
  }
}

function createServer(options: EtcdSimulatorOptions, now: () => number): EtcdServer {
  const { dialect = 'v2', minTtlSeconds = 2, authTokens = 'simple', authTokenTtlSeconds = 300 } = options
  const store = new MvccStore()
  let clusterId: string | undefined
  return {
    dialect: dialects[dialect],
    store,
    leases: new LeaseBook(store, now, minTtlSeconds),
    auth: new AuthBook(now, authTokens, authTokenTtlSeconds),
    faults: new FaultSwitches(),
    watchStreams: new Set(),
    // On first use, because workerd gives no random numbers while a module loads. Above 2^63, as many real ones are.
    get clusterId() {
      clusterId ??= String(random63() + 2n ** 63n)
      return clusterId
    },
    memberId: '10276657743932975437',
  }
}
