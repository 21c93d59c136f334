import {
  goMicro,
  goZero,
  grpcNaming,
  hertz,
  type InstanceFormat,
  type InstanceInput,
  kitex,
  kratos,
  native,
  raw,
  rpcx,
  type ServiceInstance,
  skydns,
} from '../../../src/instance/index.ts'

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

// Those of other frameworks are bytes that their own code wrote into a real etcd, or that Go's encoder printed.
export const golden: readonly Golden[] = [
  {
    name: 'native, everything set',
    format: native(),
    key: '/services/web/web-7f3a',
    value:
      '{"address":"10.0.4.17:8443","scheme":"https","weight":50,"tags":{"env":"prod"},"version":"1.8.2","zone":"iad","status":"draining"}',
    input: {
      id: 'web-7f3a',
      service: 'web',
      address: '10.0.4.17:8443',
      scheme: 'https',
      weight: 50,
      tags: { env: 'prod' },
      version: '1.8.2',
      zone: 'iad',
      status: 'draining',
    },
  },
  {
    name: 'native, only what is required',
    format: native(),
    key: '/services/web/a',
    value: '{"address":"[fd00::5]:80","weight":100,"tags":{}}',
    input: { id: 'a', service: 'web', address: '[fd00::5]:80' },
    reads: { weight: 100, tags: {} },
  },
  {
    name: 'native under another prefix',
    format: native({ prefix: '/tenant-a/svc/' }),
    key: '/tenant-a/svc/web/a',
    value: '{"address":"10.0.0.1:80","weight":0,"tags":{}}',
    input: { id: 'a', service: 'web', address: '10.0.0.1:80', weight: 0 },
    reads: { tags: {} },
  },
  {
    name: 'go-kit, a URL',
    format: raw(),
    key: '/services/foosvc/1.2.3.4:8080',
    value: 'http://1.2.3.4:8080',
    input: { service: 'foosvc', address: '1.2.3.4:8080', scheme: 'http' },
    reads: { id: '1.2.3.4:8080', weight: 100, tags: {}, extra: { value: 'http://1.2.3.4:8080' } },
  },
  {
    name: 'go-kit, host and port',
    format: raw({ prefix: '' }),
    key: '/hello/127.0.0.1:50051',
    value: '127.0.0.1:50051',
    input: { service: 'hello', address: '127.0.0.1:50051' },
    reads: { id: '127.0.0.1:50051', weight: 100, tags: {}, extra: { value: '127.0.0.1:50051' } },
  },
  {
    name: 'Kitex, nothing but the address',
    format: kitex(),
    key: 'kitex/registry-etcd/order/10.0.0.9:8888',
    value: '{"network":"tcp","address":"10.0.0.9:8888","weight":10,"tags":null}',
    input: { service: 'order', address: '10.0.0.9:8888' },
    reads: { id: '10.0.0.9:8888', scheme: 'tcp', weight: 10, tags: {} },
  },
  {
    name: 'Kitex, with weight and tags',
    format: kitex(),
    key: 'kitex/registry-etcd/order/10.0.0.9:8888',
    value:
      '{"network":"tcp","address":"10.0.0.9:8888","weight":20,"tags":{"\\u003cx\\u003e":"é","cluster":"a\\u0026b","zone":"z1"}}',
    input: {
      service: 'order',
      address: '10.0.0.9:8888',
      weight: 20,
      zone: 'z1',
      tags: { cluster: 'a&b', '<x>': 'é' },
    },
    reads: { id: '10.0.0.9:8888', scheme: 'tcp', tags: { '<x>': 'é', cluster: 'a&b', zone: 'z1' } },
  },
  {
    name: 'Kitex with the empty prefix of its WithAuth constructors',
    format: kitex({ prefix: '' }),
    key: '/order/10.0.0.9:8888',
    value: '{"network":"udp","address":"10.0.0.9:8888","weight":1,"tags":{"10":"b","2":"a","version":"1"}}',
    input: {
      service: 'order',
      address: '10.0.0.9:8888',
      scheme: 'udp',
      weight: 1,
      version: '1',
      tags: { 2: 'a', 10: 'b' },
    },
    reads: { id: '10.0.0.9:8888', tags: { '10': 'b', '2': 'a', version: '1' } },
  },
  {
    name: 'Hertz, IPv6 and a tag that Go would escape',
    format: hertz(),
    key: 'hertz/registry-etcd/web/[::1]:8888',
    value: '{"network":"tcp","address":"[::1]:8888","weight":10,"tags":{"a":"x&y"}}',
    input: { service: 'web', address: '[::1]:8888', tags: { a: 'x&y' } },
    reads: { id: '[::1]:8888', scheme: 'tcp', weight: 10 },
  },
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
