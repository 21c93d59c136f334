import { compare, type EtcdClient, type Op, op } from '../http-client/index.ts'
import type { InstanceFormat, ServiceInstance } from '../instance/index.ts'

/**
 * The operations that put the markers which the format wants beside these instances, each one once and only when it is
 * absent; whether it was is nobody's concern. For the transaction that puts the instances: a marker that came later would be
 * missed for a moment.
 */
export function putMarkers(
  etcd: EtcdClient,
  format: InstanceFormat,
  instances: readonly ServiceInstance[],
): readonly Op<undefined>[] {
  const markers = instances.flatMap((instance) => format.markers?.(instance) ?? [])
  return [...new Map(markers.map(({ key, value }) => [key, value]))].map(([key, value]) => {
    const { wire } = etcd.kv
      .txn()
      .if(compare.createRevision(key, '=', 0))
      .then(op.put(key, value))
      .nested()
    return { wire, read: () => undefined }
  })
}
