import { bundle } from '../package/bundle.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

/** The built Worker in a workerd of its own. */
export async function serveWorker(variables: Readonly<Record<string, string>>): Promise<Workerd> {
  const { code } = await bundle('dist/worker/entry.js')
  return startWorkerd(code, variables)
}
