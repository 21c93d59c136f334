import { InvalidInstanceError } from '../errors.ts'

export interface HostPort {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

const hostPort = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s/:@?#[\]\\]+)):(\d{1,5})$/

/**
 * What a URL parser takes without a second look: IPv4 as it is usually written, and a name whose last part cannot be a number,
 * without punycode. Nearly all addresses are such, and the parser is most of what reading a record costs.
 */
const plainHostPort =
  /^(?:(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)|(?!.*xn--)(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*):[1-9]\d{0,4}$/

/** The parts of `host:port`; undefined when it is not of that shape. */
export function splitAddress(address: string): HostPort | undefined {
  if (plainHostPort.test(address)) {
    const colon = address.lastIndexOf(':')
    const port = Number(address.slice(colon + 1))
    return port > 65_535 ? undefined : { host: address.slice(0, colon), port }
  }
  const match = hostPort.exec(address)
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65_535 || !URL.canParse(`http://${address}`)) return undefined
  return { host: match[1] ?? match[2] ?? '', port }
}

export function joinAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** @throws InvalidInstanceError unless somebody elsewhere could dial it: `host:port`, the host no wildcard. */
export function checkAddress(address: unknown): string {
  if (typeof address !== 'string' || address === '') throw new InvalidInstanceError('address', 'is required')
  if (splitAddress(address) === undefined) {
    throw new InvalidInstanceError('address', 'must be host:port with a port from 1 to 65535, IPv6 in brackets')
  }
  // The URL parser writes every spelling of an address in one way: "0" is 0.0.0.0, "[0:0::]" is [::].
  const { hostname } = new URL(`http://${address}`)
  if (['0.0.0.0', '[::]', '[::ffff:0:0]', '*'].includes(hostname)) {
    throw new InvalidInstanceError('address', 'must not be a wildcard: nobody else can dial it')
  }
  return address
}

/** Whether the host of an address is this machine itself, which nobody else can dial. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(`http://${address}`)) return false
  const { hostname } = new URL(`http://${address}`)
  return /^127\./.test(hostname) || /^(.+\.)?localhost\.?$/.test(hostname) || /^\[::(1|ffff:7f.*)\]$/.test(hostname)
}
