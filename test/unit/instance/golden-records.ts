import { goMicro, goZero, grpcNaming, kratos, rpcx, skydns } from '../../../src/instance/index.ts'
import { type Golden, lease } from './golden-row.ts'

/**
 * Of etcd naming, go-zero, Kratos, go-micro, rpcx and SkyDNS: bytes that their own code wrote into a real etcd, or that Go's encoder
 * printed.
 */
export const goldenRecords: readonly Golden[] = [
  {
    name: 'etcd naming, nothing but the address',
    format: grpcNaming(),
    key: 'svc/pay/10.0.0.7:50051',
    value: '{"Op":0,"Addr":"10.0.0.7:50051","Metadata":null}',
    input: { service: 'svc/pay', address: '10.0.0.7:50051' },
    reads: { id: '10.0.0.7:50051', scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'etcd naming, metadata of several types',
    format: grpcNaming({ prefix: 'svc' }),
    key: 'svc/pay/b',
    value: '{"Op":0,"Addr":"10.0.0.8:50051","Metadata":{"weight":20,"zone":"z1"}}',
    input: { id: 'b', service: 'pay', address: '10.0.0.8:50051', scheme: 'grpc', weight: 20, zone: 'z1' },
    reads: { tags: { zone: 'z1' } },
  },
  {
    name: 'etcd naming, metadata that is a text',
    format: grpcNaming(),
    key: 'svc/pay/c',
    value: '{"Op":0,"Addr":"[::1]:50051","Metadata":"v1"}',
    input: {
      id: 'c',
      service: 'svc/pay',
      address: '[::1]:50051',
      tags: { metadata: 'v1' },
      extra: { metadata: '"v1"' },
    },
    reads: { scheme: 'grpc', weight: 100 },
  },
  {
    name: 'etcd grpc-proxy, whose metadata is JSON in a text',
    format: grpcNaming(),
    key: 'svc/edge/127.0.0.1:42382',
    value: '{"Op":0,"Addr":"127.0.0.1:42382","Metadata":"{\\"name\\":\\"vm\\"}"}',
    input: {
      service: 'svc/edge',
      address: '127.0.0.1:42382',
      tags: { name: 'vm' },
      extra: { metadata: '"{\\"name\\":\\"vm\\"}"' },
    },
    reads: { id: '127.0.0.1:42382', scheme: 'grpc', weight: 100 },
  },
  {
    name: 'go-zero, under the id of its lease',
    format: goZero(),
    key: `user.rpc/${lease}`,
    value: '10.0.0.5:8080',
    input: { service: 'user.rpc', address: '10.0.0.5:8080' },
    reads: { id: lease, scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'go-zero, under an id of its configuration',
    format: goZero(),
    key: 'user.rpc/7',
    value: '10.0.0.6:8080',
    input: { id: '7', service: 'user.rpc', address: '10.0.0.6:8080' },
    reads: { scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'go-zero, a Key of several segments and IPv6',
    format: goZero(),
    key: `shop/order.rpc/${lease}`,
    value: '[fd00::5]:8080',
    input: { service: 'shop/order.rpc', address: '[fd00::5]:8080' },
    reads: { id: lease, scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'go-zero under a prefix with a slash before it',
    format: goZero({ prefix: '/' }),
    key: '/user.rpc/7',
    value: '10.0.0.6:8080',
    input: { id: '7', service: 'user.rpc', address: '10.0.0.6:8080' },
    reads: { scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'Kratos, one endpoint',
    format: kratos({ prefix: '/ns' }),
    key: '/ns/helloworld/min',
    value: '{"id":"min","name":"helloworld","version":"","metadata":null,"endpoints":["grpc://10.0.0.5:9000"]}',
    input: { id: 'min', service: 'helloworld', address: '10.0.0.5:9000' },
    reads: { scheme: 'grpc', weight: 100, tags: {} },
  },
  {
    name: 'go-micro',
    format: goMicro(),
    key: '/micro/registry/greeter/greeter-6a1e',
    value:
      '{"name":"greeter","version":"latest","metadata":null,"endpoints":[{"request":{"name":"Request","type":"Request","values":[{"name":"name","type":"string","values":null}]},"response":{"name":"Response","type":"Response","values":null},"metadata":{},"name":"Greeter.Hello"}],"nodes":[{"metadata":{"broker":"http","protocol":"mucp","registry":"etcd","server":"mucp","transport":"http"},"id":"greeter-6a1e","address":"10.0.0.4:34567"}]}',
    input: {
      id: 'greeter-6a1e',
      service: 'greeter',
      address: '10.0.0.4:34567',
      extra: {
        endpoints:
          '[{"request":{"name":"Request","type":"Request","values":[{"name":"name","type":"string","values":null}]},"response":{"name":"Response","type":"Response","values":null},"metadata":{},"name":"Greeter.Hello"}]',
      },
    },
    reads: {
      scheme: 'mucp',
      version: 'latest',
      weight: 100,
      tags: { broker: 'http', registry: 'etcd', server: 'mucp', transport: 'http' },
    },
  },
  {
    name: 'rpcx, nothing but the address',
    format: rpcx(),
    key: '/rpcx_test/Arith/tcp@10.0.0.4:8972',
    value: '',
    input: { service: 'Arith', address: '10.0.0.4:8972' },
    reads: { id: 'tcp@10.0.0.4:8972', scheme: 'tcp', weight: 1, tags: {} },
  },
  {
    name: 'rpcx, with groups, a weight and a tag to escape',
    format: rpcx(),
    key: '/rpcx_test/Arith/quic@10.0.0.5:8973',
    value: 'a+b=c%2Fd&group=blue&group=canary&weight=20',
    input: {
      service: 'Arith',
      address: '10.0.0.5:8973',
      scheme: 'quic',
      weight: 20,
      tags: { 'a b': 'c/d' },
      extra: { group: 'blue,canary' },
    },
    reads: { id: 'quic@10.0.0.5:8973' },
  },
  {
    name: 'SkyDNS',
    format: skydns(),
    key: '/skydns/local/cluster/pay/a1',
    value: '{"host":"10.0.0.3","port":8080,"priority":10,"weight":20,"ttl":60}',
    input: {
      id: 'a1',
      service: 'pay.cluster.local',
      address: '10.0.0.3:8080',
      weight: 20,
      extra: { priority: '10', ttl: '60' },
    },
    reads: { tags: {} },
  },
]
