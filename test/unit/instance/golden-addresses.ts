import { hertz, kitex, native, raw } from '../../../src/instance/index.ts'
import type { Golden } from './golden-row.ts'

/**
 * Of native, go-kit, Kitex and Hertz. Those of other frameworks are bytes that their own code wrote into a real etcd, or that
 * Go's encoder printed.
 */
export const goldenAddresses: readonly Golden[] = [
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
]
