import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GuardedEtcd, startGuardedEtcd } from './guarded-etcd.ts'

/** An etcd whose tokens are JWTs, signed with a key made for it. */
export async function startJwtEtcd(binary: string, ttl: string): Promise<GuardedEtcd> {
  const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-jwt-'))
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const [publicFile, privateFile] = [join(dir, 'public.pem'), join(dir, 'private.pem')]
  await writeFile(publicFile, publicKey)
  await writeFile(privateFile, privateKey)
  const token = `jwt,pub-key=${publicFile},priv-key=${privateFile},sign-method=RS256,ttl=${ttl}`
  // etcd has read the keys by the time it is healthy.
  return await startGuardedEtcd({ binary, args: [`--auth-token=${token}`] }).finally(() =>
    rm(dir, { recursive: true, force: true }),
  )
}
