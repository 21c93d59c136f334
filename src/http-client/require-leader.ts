/**
 * The metadata that makes a member without a leader refuse at once instead of keeping a call or a watch waiting
 * (`v3rpc/interceptor.go`). etcd's CORS answer allows a browser no header but accept, content-type and authorization.
 */
export function leaderHeader(requireLeader: boolean): Record<string, string> {
  return requireLeader ? { 'grpc-metadata-hasleader': 'true' } : {}
}
