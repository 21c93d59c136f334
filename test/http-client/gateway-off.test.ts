import { createEtcdClient } from 'etcd-edge/http-client'
import { expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import { testWhenEtcdCan } from '../support/test-when-etcd-can.ts'

describeWithNewestEtcd('a client of an etcd whose gateway it cannot use', ({ path: binary, version }) => {
  test('S31 is told about the host whitelist, in a call and in a watch', async () => {
    await using etcd = await startEtcd({ binary, args: ['--host-whitelist=127.0.0.1'] })
    const endpoint = etcd.url.replace('127.0.0.1', 'localhost')
    const client = createEtcdClient({ endpoints: [endpoint] })
    const refused = { code: 'PROTOCOL', status: 421, retryable: false, endpoint, message: /--host-whitelist/ }
    await expect(client.kv.get('/a')).rejects.toMatchObject(refused)
    await expect(client.watch({ prefix: '/', startRevision: 1 }).next()).rejects.toMatchObject(refused)
  })

  test('S32 is told that the gateway may be off, in a call and in a watch', async () => {
    await using etcd = await startEtcd({ binary, args: ['--enable-grpc-gateway=false'] })
    const client = createEtcdClient({ endpoints: [etcd.url] })
    const off = {
      code: 'PROTOCOL',
      status: 404,
      retryable: false,
      endpoint: etcd.url,
      message: /--enable-grpc-gateway/,
    }
    await expect(client.kv.get('/a')).rejects.toMatchObject(off)
    await expect(client.watch({ prefix: '/', startRevision: 1 }).next()).rejects.toMatchObject(off)
  })

  test('S32 is told so as well when the path is wrong', async () => {
    await using etcd = await startEtcd({ binary })
    const client = createEtcdClient({ endpoints: [etcd.url], apiPrefix: '/v3alpha' })
    await expect(client.kv.get('/a')).rejects.toMatchObject({ code: 'PROTOCOL', status: 404, message: /"\/v3"/ })
  })

  const splitPorts = { can: !version.startsWith('3.4.'), needs: '--listen-client-http-urls, of etcd 3.5.8', version }
  testWhenEtcdCan(splitPorts, 'S33 sees a port that speaks gRPC only as one that is not there', async () => {
    const [port, grpcPort] = [await freePort(), await freePort()]
    const split = [
      `--listen-client-urls=http://127.0.0.1:${grpcPort}`,
      `--listen-client-http-urls=http://127.0.0.1:${port}`,
    ]
    await using etcd = await startEtcd({ binary, port, args: split })
    const grpcUrl = `http://127.0.0.1:${grpcPort}`
    const wrong = createEtcdClient({ endpoints: [grpcUrl] })
    await expect(wrong.kv.get('/a')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      endpoint: grpcUrl,
      retryable: true,
    })
    const either = createEtcdClient({ endpoints: [grpcUrl, etcd.url] })
    await either.kv.put('/a', '1', { idempotent: true })
    expect(await either.kv.get('/a')).toMatchObject({ value: '1' })
  })
})
