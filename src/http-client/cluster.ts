import type { Call } from './calls.ts'
import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { readId } from './int64.ts'
import type { WireMember, WireMembersResponse } from './wire-admin.ts'

/** The id of a member as an opaque decimal string: it uses all 64 bits. */
export type MemberId = string

export interface Member {
  readonly memberId: MemberId
  /** Empty until the member has started. */
  readonly name: string
  readonly peerUrls: readonly string[]
  /** What the member advertises; with split listeners these may speak gRPC only. */
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
}

export interface MemberListOptions extends CallOptions {
  /** Ask for a list that a quorum agrees on; etcd 3.5 and later. @default false */
  readonly linearizable?: boolean
}

/** The members of the cluster. */
export interface Cluster {
  memberList(options?: MemberListOptions): Promise<readonly Member[]>
  /** The member that was added and all members. It has to be started with these peer URLs. */
  memberAdd(
    peerUrls: readonly string[],
    options?: CallOptions & { readonly isLearner?: boolean },
  ): Promise<{ readonly member: Member; readonly members: readonly Member[] }>
  memberRemove(memberId: MemberId, options?: CallOptions): Promise<readonly Member[]>
  memberUpdate(memberId: MemberId, peerUrls: readonly string[], options?: CallOptions): Promise<readonly Member[]>
  /** Makes a learner that has caught up a voting member. */
  memberPromote(memberId: MemberId, options?: CallOptions): Promise<readonly Member[]>
}

export function createCluster(gateway: Gateway): Cluster {
  const members = async (call: Call, body: object, options?: CallOptions) => {
    const answer = await gateway.call<WireMembersResponse>(call, body, options)
    return (answer.members ?? []).map(readMember)
  }
  return {
    memberList: (options = {}) =>
      members(calls.memberList, options.linearizable ? { linearizable: true } : {}, options),
    async memberAdd(peerUrls, options = {}) {
      const body = { peerURLs: checkUrls(peerUrls), ...(options.isLearner ? { isLearner: true } : {}) }
      const answer = await gateway.call<WireMembersResponse>(calls.memberAdd, body, options)
      return { member: readMember(answer.member ?? {}), members: (answer.members ?? []).map(readMember) }
    },
    memberRemove: async (memberId, options) => members(calls.memberRemove, { ID: checkId(memberId) }, options),
    memberUpdate: async (memberId, peerUrls, options) =>
      members(calls.memberUpdate, { ID: checkId(memberId), peerURLs: checkUrls(peerUrls) }, options),
    memberPromote: async (memberId, options) => members(calls.memberPromote, { ID: checkId(memberId) }, options),
  }
}

export function checkId(memberId: MemberId, argument = 'memberId'): string {
  if (typeof memberId !== 'string' || !/^\d{1,20}$/.test(memberId)) {
    throw new TypeError(`${argument} must be a member id as a decimal string`)
  }
  return memberId
}

function checkUrls(urls: readonly string[]): readonly string[] {
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((url) => URL.canParse(url))) {
    throw new TypeError('peerUrls must be a list of at least one URL')
  }
  return urls
}

function readMember({ ID, name, peerURLs, clientURLs, isLearner }: WireMember): Member {
  return {
    memberId: readId(ID),
    name: name ?? '',
    peerUrls: peerURLs ?? [],
    clientUrls: clientURLs ?? [],
    isLearner: isLearner ?? false,
  }
}
