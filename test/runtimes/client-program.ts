// The portable suite on Node, Deno and Bun: arguments are etcd's URL and the prefix.
import { runClientSuite } from './client-suite.ts'

const { Deno } = globalThis as { Deno?: { readonly args: readonly string[] } }
const [url = '', prefix = ''] = Deno?.args ?? process.argv.slice(2)
console.log(JSON.stringify(await runClientSuite(url, prefix)))
