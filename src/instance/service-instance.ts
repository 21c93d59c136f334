/** One running copy of a service, in the same shape whatever framework registered it. */
export interface ServiceInstance {
  /** Unique within its service. */
  readonly id: string
  readonly service: string
  /** `host:port`, ready to dial; an IPv6 host is in brackets. The host alone where a SkyDNS record has no port. */
  readonly address: string
  /** `http`, `https`, `grpc`, `tcp`, … where the format tells. */
  readonly scheme?: string
  /** Share of the traffic relative to the others; 0 = drained, gets none. */
  readonly weight: number
  readonly tags: Readonly<Record<string, string>>
  readonly version?: string
  readonly zone?: string
  /** Absent means passing. */
  readonly status?: InstanceStatus
  /** What the format's record holds beyond all this: see the format. With `raw()` the stored string, as `value`. */
  readonly extra?: Readonly<Record<string, string>>
}

export type InstanceStatus = 'passing' | 'draining'

/** What has to be said to register: `service` and `address`; the rest has defaults. */
export interface InstanceInput {
  readonly service: string
  readonly address: string
  /** @default the address where the format keys by address, for go-zero its lease, else a random UUID */
  readonly id?: string
  readonly scheme?: string
  /** @default the format's: 100, for Kitex and Hertz 10, for rpcx 1 */
  readonly weight?: number
  readonly tags?: Readonly<Record<string, string>>
  readonly version?: string
  readonly zone?: string
  readonly status?: InstanceStatus
  readonly extra?: Readonly<Record<string, string>>
}

/** Whether two instances mean the same to a caller. Where and when they are stored does not count. */
export function sameInstance(a: ServiceInstance, b: ServiceInstance): boolean {
  return (
    a.id === b.id &&
    a.service === b.service &&
    a.address === b.address &&
    a.scheme === b.scheme &&
    a.weight === b.weight &&
    a.version === b.version &&
    a.zone === b.zone &&
    (a.status ?? 'passing') === (b.status ?? 'passing') &&
    sameEntries(a.tags, b.tags) &&
    sameEntries(a.extra ?? {}, b.extra ?? {})
  )
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
}
