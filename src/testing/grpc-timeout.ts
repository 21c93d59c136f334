import { RpcError } from './rpc-error.ts'

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/**
 * The value of a `Grpc-Timeout` header in milliseconds; no header and zero are no timeout.
 *
 * @throws RpcError 3 when it is not digits and a unit.
 */
export function grpcTimeoutMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const [, digits, unit = ''] = /^(\d+)([HMSmun])$/.exec(header) ?? []
  if (digits === undefined) throw new RpcError(3, `invalid grpc-timeout: ${header}`)
  return Number(digits) * (unitMs[unit] ?? 0) || undefined
}
