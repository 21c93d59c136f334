import type { ServiceInstance } from '../../../../src/instance/index.ts'
import type { Instancer, ServiceSnapshot } from '../../../../src/resolver/index.ts'

/** A live set that does not change. */
export function fixedSet(service: string, instances: readonly ServiceInstance[]): Instancer {
  const close = async () => {}
  return {
    service,
    drift: 0,
    ready: async () => {},
    snapshot: () => ({ service, instances }) as unknown as ServiceSnapshot,
    subscribe: () => () => {},
    async *[Symbol.asyncIterator]() {},
    close,
    [Symbol.asyncDispose]: close,
  }
}
