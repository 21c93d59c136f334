// As much of undici 7 as node.ts uses. tsconfig.json puts it in the place of undici's own declarations, which would bring
// those of Node into all of src.
export class Agent {
  constructor(options: {
    readonly connect: Connector
    readonly keepAliveTimeout: number
    readonly bodyTimeout: number
    readonly headersTimeout: number
  })
  dispatch(
    options: {
      readonly origin: string
      readonly path: string
      readonly method: string
      readonly headers: Readonly<Record<string, string>> | undefined
      readonly body: string | Uint8Array | undefined
    },
    handler: object,
  ): boolean
  destroy(): Promise<void>
}

export function buildConnector(options: {
  readonly secureContext: object
  readonly servername?: string
  readonly rejectUnauthorized: true
}): Connector

export type Connector = (options: object, connected: (error: Error | null, socket: Socket | null) => void) => void

export interface Socket {
  readonly localPort?: number
  once(event: 'error', listener: (error: Error) => void): void
}
