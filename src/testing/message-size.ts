import { RpcError } from './rpc-error.ts'

/** etcd's `--max-request-bytes`: the largest raft entry. */
export const maxRequestBytes: number = 1.5 * 1024 * 1024
/** The largest message that etcd's gRPC server reads: `maxRequestBytes` and 512 KiB (`v3rpc/grpc.go`). */
export const maxMessageBytes: number = maxRequestBytes + 512 * 1024

/** About the size of a decoded message in protobuf; exact in what makes a message large, its keys and values. */
export function messageSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, field) => sum + messageSize(field), 0)
}

/** @throws RpcError 8, as gRPC refuses a message before etcd sees it. */
export function checkMessageSize(request: object): void {
  const size = messageSize(request)
  if (size > maxMessageBytes) {
    throw new RpcError(8, `grpc: received message larger than max (${size} vs. ${maxMessageBytes})`)
  }
}
