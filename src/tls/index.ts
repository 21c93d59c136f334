export { tlsFetch } from './node.ts'
export type { TlsFetch, TlsFetchInit } from './tls-fetch.ts'
export type { Pem, TlsFetchOptions } from './tls-options.ts'
