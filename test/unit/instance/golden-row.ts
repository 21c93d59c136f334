import type { InstanceFormat, InstanceInput, ServiceInstance } from '../../../src/instance/index.ts'

/** An instance, and the bytes that a framework stores for it. */
export interface Golden {
  readonly name: string
  readonly format: InstanceFormat
  readonly key: string
  readonly value: string
  readonly input: InstanceInput
  /** What the record holds besides what was put in. */
  readonly reads?: Partial<ServiceInstance>
}

/** The lease under which the rows are registered. */
export const lease = '1353509787248032005'
