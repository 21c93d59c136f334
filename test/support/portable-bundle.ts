import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** One module of a file of ours and all that it imports, the built package included, for a runtime without packages. */
export async function bundleFor(runtime: 'workerd' | 'browser', entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'silent',
    resolve: { conditions: runtime === 'workerd' ? ['workerd', 'worker', 'browser'] : ['browser'] },
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((each) => ('output' in each ? each.output : []))
  const [chunk, ...more] = outputs.filter((output) => output.type === 'chunk')
  if (chunk === undefined || more.length > 0) throw new Error(`${entry} is ${more.length + 1} chunks, not one`)
  return chunk.code
}
