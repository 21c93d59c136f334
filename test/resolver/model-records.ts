import { goZero, type InstanceFormat, kratos, native } from '../../src/instance/index.ts'
import type { InstanceFilter } from '../../src/resolver/index.ts'

/** What one run of the model writes: records of one service, in one format. */
export interface ModelRecords {
  readonly name: string
  readonly format: InstanceFormat
  readonly service: string
  readonly keys: readonly string[]
  /** Values that can be read; some of them say the same in other words, some hold several instances or none. */
  readonly good: readonly string[]
  /** Values that cannot be read. */
  readonly bad: readonly string[]
  /** A key that the service must not answer for. */
  readonly strayKey: string
  readonly filter?: InstanceFilter
}

export const recordKinds = ['native', 'native, one zone', 'kratos', 'goZero'] as const

/** @param prefix Below which nobody else writes. */
export function modelRecords(kind: (typeof recordKinds)[number], prefix: string): ModelRecords {
  if (kind === 'goZero') {
    const good = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80']
    return below(kind, goZero({ prefix }), { ids: ['1', '2', '3', '4', '5', '6'], good, bad: [] })
  }
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  if (kind === 'kratos') {
    const record = (...endpoints: readonly string[]) =>
      JSON.stringify({ id: 'a', name: 'web', version: '1', endpoints })
    const [grpc, http] = ['grpc://10.0.0.1:9000', 'http://10.0.0.1:8000']
    const good = [record(), record(grpc), record(grpc, http), record(http), record(grpc, http, 'grpc://10.0.0.2:9000')]
    return below(kind, kratos({ prefix }), { ids, good, bad: ['null', record('nowhere')] })
  }
  const record = (address: string, more: object = {}) => JSON.stringify({ address, ...more })
  const good = [
    record('10.0.0.1:80', { zone: 'iad' }),
    record('10.0.0.1:80', { zone: 'iad', weight: 100, tags: {} }),
    record('10.0.0.2:80', { zone: 'iad', weight: 5 }),
    record('10.0.0.2:80', { zone: 'fra' }),
    record('[::1]:80', { status: 'draining', tags: { env: 'ä→😀' } }),
  ]
  const written = { ids, good, bad: ['null', '', 'nonsense', record('nowhere'), '{"address":7}'] }
  const records = below(kind, native({ prefix }), written)
  return kind === 'native' ? records : { ...records, filter: { zone: 'iad' } }
}

function below(
  name: string,
  format: InstanceFormat,
  { ids, good, bad }: { readonly ids: readonly string[] } & Pick<ModelRecords, 'good' | 'bad'>,
): ModelRecords {
  const service = 'web'
  const dir = format.dir(service)
  return { name, format, service, keys: ids.map((id) => dir + id), good, bad, strayKey: `${dir.slice(0, -1)}2/a` }
}
