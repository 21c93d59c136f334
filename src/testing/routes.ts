import type { Caller } from './auth-book.ts'
import {
  authenticateRequest,
  grantPermissionRequest,
  nameRequest,
  revokePermissionRequest,
  roleRequest,
  userGrantRequest,
  userRevokeRequest,
} from './auth-request.ts'
import * as auth from './auth-service.ts'
import { callerOf, tokenOutcome } from './caller.ts'
import type { EtcdServer } from './etcd-server.ts'
import type { JsonReader, JsonValue } from './json-value.ts'
import * as may from './key-permission.ts'
import { compactionRequest, deleteRangeRequest, putRequest, rangeRequest, txnRequest } from './kv-request.ts'
import { compaction, deleteRange, put, range, txn } from './kv-service.ts'
import { leaseGrantRequest, leaseRequest, leaseTimeToLiveRequest } from './lease-request.ts'
import { grant, keepAlive, leases, revoke, timeToLive } from './lease-service.ts'
import { lock, lockRequest, unlock, unlockRequest } from './lock-service.ts'
import { status } from './maintenance-service.ts'
import { alarms, memberList } from './member-service.ts'
import { decode, type Field, message } from './message-field.ts'
import { checkMessageSize } from './message-size.ts'
import { type MessageSource, messagesOf } from './message-source.ts'
import { type WatchRequest, watchRequest } from './watch-request.ts'
import { WatchStream } from './watch-stream.ts'

export type Route = UnaryRoute | StreamRoute

/** A call with one request and one answer. */
export interface UnaryRoute {
  readonly streams: false
  /** @throws RpcError; SyntaxError when the request is not the JSON of its message. */
  answer(server: EtcdServer, body: JsonReader, headers: Headers, signal: AbortSignal): object | Promise<object>
}

/** A call with a stream of requests and a stream of answers. */
export interface StreamRoute {
  readonly streams: true
  /** @throws RpcError; SyntaxError when the first request is not the JSON of its message and the dialect says so. */
  open(server: EtcdServer, body: JsonReader, headers: Headers): MessageSource
}

const empty = message<object>({})
const revokeRoute = unary(leaseRequest, revoke, may.mayChangeLease)
const timeToLiveRoute = unary(leaseTimeToLiveRequest, timeToLive, may.mayLookAtLease)
const leasesRoute = unary(empty, leases, may.mayListLeases)

/** What the simulator serves, by the path below `/v3/`; the other paths of etcd are answered as unknown ones. */
export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['kv/range', unary(rangeRequest, range, may.mayRange)],
  ['kv/put', unary(putRequest, put, may.mayPut)],
  ['kv/deleterange', unary(deleteRangeRequest, deleteRange, may.mayDeleteRange)],
  ['kv/txn', unary(txnRequest, txn, may.mayTxn)],
  ['kv/compaction', unary(compactionRequest, compaction, may.admin)],
  ['watch', streaming(watchRequest, watches)],
  ['lease/grant', unary(leaseGrantRequest, grant)],
  ['lease/revoke', revokeRoute],
  ['kv/lease/revoke', revokeRoute],
  ['lease/keepalive', streaming(leaseRequest, keepAlives)],
  ['lease/timetolive', timeToLiveRoute],
  ['kv/lease/timetolive', timeToLiveRoute],
  ['lease/leases', leasesRoute],
  ['kv/lease/leases', leasesRoute],
  ['lock/lock', unary(lockRequest, (server, request, _caller, signal) => lock(server, request, signal), may.mayLock)],
  ['lock/unlock', unary(unlockRequest, unlock, may.mayUnlock)],
  ['auth/authenticate', anonymous(authenticateRequest, auth.authenticate)],
  ['auth/enable', unary(empty, auth.authEnable)],
  ['auth/disable', unary(empty, auth.authDisable)],
  ['auth/status', unary(empty, auth.authStatus)],
  ['auth/user/add', unary(authenticateRequest, auth.userAdd)],
  ['auth/user/get', unary(nameRequest, auth.userGet)],
  ['auth/user/list', unary(empty, auth.userList)],
  ['auth/user/delete', unary(nameRequest, auth.userDelete)],
  ['auth/user/changepw', unary(authenticateRequest, auth.userChangePassword)],
  ['auth/user/grant', unary(userGrantRequest, auth.userGrantRole)],
  ['auth/user/revoke', unary(userRevokeRequest, auth.userRevokeRole)],
  ['auth/role/add', unary(nameRequest, auth.roleAdd)],
  ['auth/role/get', unary(roleRequest, auth.roleGet)],
  ['auth/role/list', unary(empty, auth.roleList)],
  ['auth/role/delete', unary(roleRequest, auth.roleDelete)],
  ['auth/role/grant', unary(grantPermissionRequest, auth.roleGrantPermission)],
  ['auth/role/revoke', unary(revokePermissionRequest, auth.roleRevokePermission)],
  ['cluster/member/list', unary(empty, memberList, may.anyUser)],
  ['maintenance/alarm', unary(empty, alarms, may.anyUser)],
  ['maintenance/status', unary(empty, status, may.anyUser)],
])

function watches(server: EtcdServer, requests: readonly WatchRequest[], headers: Headers): MessageSource {
  return server.faults.watched(new WatchStream(server, requests, tokenOutcome(server, headers)))
}

function keepAlives(server: EtcdServer, requests: readonly { ID: string }[]): MessageSource {
  return messagesOf(requests.map((request) => keepAlive(server, request)))
}

function unary<Request extends object>(
  schema: Field<Request | null>,
  service: (server: EtcdServer, request: Request, caller: Caller, signal: AbortSignal) => object | Promise<object>,
  permission: may.Permission<Request> = () => {},
): UnaryRoute {
  return {
    streams: false,
    answer(server, body, headers, signal) {
      // What follows the first value is never looked at.
      const request = read(server, schema, body.next())
      const caller = callerOf(server, headers)
      permission(server, caller, request)
      return service(server, request, caller, signal)
    },
  }
}

/** A call whose token is not looked at. */
function anonymous<Request extends object>(
  schema: Field<Request | null>,
  service: (server: EtcdServer, request: Request) => object,
): UnaryRoute {
  return { streams: false, answer: (server, body) => service(server, read(server, schema, body.next())) }
}

function streaming<Request extends object>(
  schema: Field<Request | null>,
  open: (server: EtcdServer, requests: readonly Request[], headers: Headers) => MessageSource,
): StreamRoute {
  return {
    streams: true,
    open(server, body, headers) {
      const requests: Request[] = []
      try {
        for (let json = body.next(); json; json = body.next()) requests.push(read(server, schema, json))
      } catch (error) {
        // The gateway takes it for the end of the requests, but v1's reports the first one's.
        if (!(error instanceof SyntaxError) || (requests.length === 0 && server.dialect.name === 'v1')) throw error
      }
      return open(server, requests, headers)
    },
  }
}

function read<Request extends object>(
  server: EtcdServer,
  schema: Field<Request | null>,
  json: JsonValue | undefined,
): Request {
  const request = decode(schema, json, server.dialect.name)
  checkMessageSize(request)
  return request
}
