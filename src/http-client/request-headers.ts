import { leaderHeader } from './require-leader.ts'

export interface RequestHead {
  readonly token: string | undefined
  readonly requireLeader: boolean
}

/** The token goes as it is: etcd before 3.5.32 and 3.6.13 takes no scheme such as Bearer (`auth/store.go`). */
export function requestHeaders({ token, requireLeader }: RequestHead): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: token }),
    ...leaderHeader(requireLeader),
  }
}
