/** What the `fetch` that `tlsFetch` gives takes besides the URL; the client's calls are all of this form. */
export interface TlsFetchInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal?: AbortSignal
}

/** A `fetch` with certificates, for the `fetch` option of the client or of one endpoint. It needs no receiver. */
export interface TlsFetch extends AsyncDisposable {
  /**
   * @throws UnavailableError that says why no trusted connection could be made: the certificate has expired, was signed
   * by somebody else or is for another host, or etcd wants a client certificate; otherwise what the runtime's `fetch`
   * throws. The reason of the signal when that is aborted.
   */
  (input: string | URL, init?: TlsFetchInit): Promise<Response>
  /** Lets go of all connections; calls and streams that are open fail. Safe to repeat. Nothing can be sent after it. */
  close(): Promise<void>
}

export function withClose(
  send: (input: string | URL, init?: TlsFetchInit) => Promise<Response>,
  close: () => Promise<void>,
): TlsFetch {
  return Object.assign(send, { close, [Symbol.asyncDispose]: close })
}
