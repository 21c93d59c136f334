import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** An authority, and another one; certificates for servers and clients, the good ones and the bad ones. */
export interface Certificates extends AsyncDisposable {
  readonly authority: Certificate
  readonly otherAuthority: Certificate
  /** For 127.0.0.1. */
  readonly server: Certificate
  /** For 127.0.0.1, until yesterday. */
  readonly expired: Certificate
  /** For etcd.example. */
  readonly misnamed: Certificate
  readonly client: Certificate
  /** Of the other authority. */
  readonly stranger: Certificate
}

const run = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Made anew with openssl, in a directory that is gone with the certificates. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-tls-'))
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir })
  const read = async (name: string): Promise<Certificate> => {
    const [certFile, keyFile] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)]
    return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8'), certFile, keyFile }
  }
  const authority = async (name: string) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
    await openssl('req', '-x509', ...newKey, ...files, '-days', '2', '-subj', `/O=${name}`)
    return await read(name)
  }
  // No common name: etcd's gateway refuses clients that have one while auth is on.
  const leaf = async (name: string, issuer: string, host: string, days = 2) => {
    await writeFile(join(dir, `${name}.ext`), `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=${host}\n`)
    await openssl('req', '-new', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/O=${name}`)
    const by = ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAserial', `${name}.srl`, '-CAcreateserial']
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, ...by],
      ...['-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.crt`],
    )
    return await read(name)
  }
  const [ours, others] = [await authority('ours'), await authority('others')]
  const loopback = 'IP:127.0.0.1'
  return {
    authority: ours,
    otherAuthority: others,
    server: await leaf('server', 'ours', loopback),
    expired: await leaf('expired', 'ours', loopback, -1),
    misnamed: await leaf('misnamed', 'ours', 'DNS:etcd.example'),
    client: await leaf('client', 'ours', loopback),
    stranger: await leaf('stranger', 'others', loopback),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}
