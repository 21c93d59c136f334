import { isLoopback } from 'etcd-edge/instance'
import type { Context } from 'hono'
import { invalidRequest } from './problem.ts'
import type { RegistrationBody } from './registration-body.ts'

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * The address to register. `auto:<port>` stands for the caller's own address with that port, `auto` alone for the port that
 * the scheme implies. The caller's address is what Cloudflare says it is (`CF-Connecting-IP`).
 * @throws Problem `invalid-request` when it is not known, and for loopback unless `allowLoopback` is set.
 */
export function advertisedAddress(
  c: Context,
  { address, scheme }: Pick<RegistrationBody, 'address' | 'scheme'>,
  { allowLoopback }: { readonly allowLoopback: boolean },
): string {
  const [isAuto, port = defaultPorts[scheme ?? '']] = /^auto(?::(\d+))?$/.exec(address) ?? []
  const advertised = isAuto === undefined ? address : callerAddress(c, port)
  if (!allowLoopback && isLoopback(advertised)) throw wrongAddress('must not be loopback: nobody else can dial it')
  return advertised
}

function callerAddress(c: Context, port: string | undefined): string {
  if (port === undefined) throw wrongAddress('must name the port, such as "auto:8080": the scheme does not imply one')
  const caller = c.req.header('CF-Connecting-IP')
  if (caller === undefined) throw wrongAddress('cannot be "auto": the address of the caller is not known here')
  return caller.includes(':') ? `[${caller}]:${port}` : `${caller}:${port}`
}

const wrongAddress = (detail: string) => invalidRequest([{ pointer: '/address', detail }])
