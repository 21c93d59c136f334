import { type Etcd, startEtcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import type { Certificate, Certificates } from './certificates.ts'

/** An etcd with two doors: the one of TLS, which wants a client certificate, and one without, for the test itself. */
export interface TlsEtcd {
  readonly url: string
  readonly etcd: Etcd
}

export async function startTlsEtcd(certificates: Certificates, server: Certificate): Promise<TlsEtcd> {
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  const url = `https://127.0.0.1:${tlsPort}`
  const etcd = await startEtcd({
    port: plainPort,
    args: [
      `--listen-client-urls=http://127.0.0.1:${plainPort},${url}`,
      `--cert-file=${server.certFile}`,
      `--key-file=${server.keyFile}`,
      `--trusted-ca-file=${certificates.authority.certFile}`,
      '--client-cert-auth',
    ],
  })
  return { url, etcd }
}
