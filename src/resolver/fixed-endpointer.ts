import type { EndpointEntry, Endpointer } from './endpointer.ts'

/**
 * Endpoints that are known beforehand: for tests, and for a service that is not in etcd. They have no instances: all weigh
 * the same, and each is excluded or reported as itself or by its place (`"0"`, `"1"`, …). Closing does nothing.
 *
 * Source: go-kit `sd.FixedEndpointer`.
 */
export function fixedEndpointer<Endpoint>(endpoints: readonly Endpoint[]): Endpointer<Endpoint> {
  const own = Object.freeze([...endpoints])
  const entries = Object.freeze(own.map((endpoint): EndpointEntry<Endpoint> => ({ endpoint, instance: undefined })))
  const close = async () => {}
  return { endpoints: () => own, entries: () => entries, close, [Symbol.asyncDispose]: close }
}
