import { goMicro, goZero, grpcNaming, hertz, kitex, kratos, native, raw, rpcx, skydns } from 'etcd-edge/instance'

/** The formats by the name that the configuration has for them. */
export const formats = { native, raw, kitex, hertz, grpcNaming, goZero, kratos, goMicro, rpcx, skydns } as const
