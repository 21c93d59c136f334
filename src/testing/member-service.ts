import type { WireAlarmResponse, WireMembersResponse } from '../http-client/wire-admin.ts'
import { type EtcdServer, header } from './etcd-server.ts'

/** The one member. Nobody reaches it at these URLs. */
export function memberList(server: EtcdServer): WireMembersResponse {
  const member = {
    ID: server.memberId,
    name: 'simulator',
    peerURLs: ['http://127.0.0.1:2380'],
    clientURLs: ['http://127.0.0.1:2379'],
  }
  return { header: header(server, 0), members: [member] }
}

/** No alarm is ever raised. */
export function alarms(server: EtcdServer): WireAlarmResponse {
  return { header: header(server), alarms: [] }
}
