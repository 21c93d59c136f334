// Run by Node, Deno and Bun: prints what the cases of its argument came to, with the built package.
import { createEtcdClient } from 'etcd-edge/http-client'
import { tlsFetch } from 'etcd-edge/tls'
import { runTlsCases } from './tls-cases.ts'

const { Deno } = globalThis as { Deno?: { readonly args: readonly string[] } }
const [input = ''] = Deno?.args ?? process.argv.slice(2)
console.log(JSON.stringify(await runTlsCases(JSON.parse(input), { createEtcdClient, tlsFetch })))
