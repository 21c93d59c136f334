/** What is wrong with the way between a client and a server; connections that are made later have it too. */
export type NetworkFault =
  /** Nothing arrives any more, not even that a side has hung up; what was sent arrives when the fault is over. */
  | { readonly kind: 'stall' }
  /** Connections are reset, new ones as soon as they are made. */
  | { readonly kind: 'reset' }
  /** What the server says ends; what the client says still reaches it. */
  | { readonly kind: 'half-close' }
  /** Everything arrives so much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Each connection is reset as soon as so many more bytes have come from the server. */
  | { readonly kind: 'cut'; readonly bytes: number }
