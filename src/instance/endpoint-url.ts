import { joinAddress, splitAddress } from './address.ts'

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 }

export interface EndpointUrl {
  readonly scheme: string
  readonly address: string
  readonly query: URLSearchParams
}

/** What a URL says of where to dial; undefined when it is none, or has no host or no port to dial. */
export function readEndpointUrl(text: string): EndpointUrl | undefined {
  const url = text.includes('://') && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return undefined
  const scheme = url.protocol.slice(0, -1)
  // As it is written where that can be dialled: the URL parser spells addresses in its own way.
  const [, written = ''] = /^[^/?#]*\/\/([^/?#]*)/.exec(text) ?? []
  if (splitAddress(written) !== undefined) return { scheme, address: written, query: url.searchParams }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const address = joinAddress({ host, port: Number(url.port) || defaultPorts[url.protocol] || 0 })
  return splitAddress(address) === undefined ? undefined : { scheme, address, query: url.searchParams }
}
