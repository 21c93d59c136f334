import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { chromiumPath, startChromium, withPage } from '../support/chromium.ts'
import { bundleFor } from '../support/portable-bundle.ts'
import { startWorkerd } from '../support/workerd.ts'
import type { CaseOutcome, runClientSuite } from './client-suite.ts'
import { runtimes } from './runtime.ts'

/** Runs the portable suite somewhere, from the built package. */
export interface SuiteRunner {
  readonly name: string
  /** Why it cannot run here; `undefined` when it can. */
  readonly missing?: string | undefined
  run(etcdUrl: string, prefix: string): Promise<readonly CaseOutcome[]>
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const programs: readonly SuiteRunner[] = runtimes.map(({ name, command: [program, ...args] }) => ({
  name,
  async run(etcdUrl, prefix) {
    // A program that does not end has left something open.
    const { stdout } = await execa(program, [...args, file('client-program.ts'), etcdUrl, prefix], { timeout: 60_000 })
    return JSON.parse(stdout)
  },
}))

const workerd: SuiteRunner = {
  name: 'workerd',
  async run(etcdUrl, prefix) {
    await using served = await startWorkerd(await bundleFor('workerd', file('client-worker.ts')))
    const response = await fetch(`${served.url}/?${new URLSearchParams({ url: etcdUrl, prefix })}`)
    return (await response.json()) as CaseOutcome[]
  },
}

const path = chromiumPath()

const chromium: SuiteRunner = {
  name: 'Chromium',
  missing: path === undefined ? 'Chromium on PATH, or in CHROMIUM' : undefined,
  async run(etcdUrl, prefix) {
    const script = await bundleFor('browser', file('client-page.ts'))
    const browser = await startChromium(path ?? '')
    try {
      return await withPage(script, async (url) => {
        const page = await browser.newPage()
        await page.goto(url)
        await page.waitForFunction('"runClientSuite" in globalThis')
        return await page.evaluate(([etcd, below]) => (globalThis as unknown as Suite).runClientSuite(etcd, below), [
          etcdUrl,
          prefix,
        ] as const)
      })
    } finally {
      await browser.close()
    }
  },
}

interface Suite {
  readonly runClientSuite: typeof runClientSuite
}

export const suiteRunners: readonly SuiteRunner[] = [...programs, workerd, chromium]
