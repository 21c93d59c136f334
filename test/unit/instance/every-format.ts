import {
  goMicro,
  goZero,
  grpcNaming,
  hertz,
  type InstanceFormat,
  kitex,
  kratos,
  native,
  raw,
  rpcx,
  skydns,
} from '../../../src/instance/index.ts'

export interface NamedFormat {
  readonly name: string
  readonly create: (options?: { readonly prefix?: string }) => InstanceFormat
  /** A service may be several segments, or have slashes that are written otherwise. */
  readonly slashes?: boolean
  /** What the format keeps of what an instance can say. */
  readonly keeps: readonly ('scheme' | 'weight' | 'tags' | 'version' | 'zone')[]
  /** The schemes it knows, when it does not know all. */
  readonly schemes?: readonly string[]
}

export const everyFormat: readonly NamedFormat[] = [
  { name: 'native', create: native, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'] },
  { name: 'raw', create: raw, keeps: ['scheme'] },
  { name: 'kitex', create: kitex, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'], schemes: ['tcp', 'udp'] },
  { name: 'hertz', create: hertz, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'], schemes: ['tcp', 'udp'] },
  {
    name: 'grpcNaming',
    create: grpcNaming,
    slashes: true,
    keeps: ['scheme', 'weight', 'tags', 'version', 'zone'],
    schemes: ['grpc'],
  },
  { name: 'goZero', create: goZero, slashes: true, keeps: ['scheme'], schemes: ['grpc'] },
  { name: 'kratos', create: kratos, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'] },
  { name: 'goMicro', create: goMicro, slashes: true, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'] },
  { name: 'rpcx', create: rpcx, keeps: ['scheme', 'weight', 'tags', 'version', 'zone'] },
  { name: 'skydns', create: skydns, keeps: ['weight'] },
]
