/** As much of Node's module as node.ts uses: the rest of src must not see that there is a Node. */
declare module 'node:tls' {
  export function createSecureContext(options: {
    readonly ca?: readonly string[]
    readonly cert?: string
    readonly key?: string
  }): object
}
