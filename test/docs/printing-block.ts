import { stripTypeScriptTypes } from 'node:module'
import type { CodeBlock } from './code-block.ts'

/** What a block says that it prints: the comments behind its `console.log`s, in order, with a space in between. */
export function readPrints({ code }: CodeBlock): string {
  return [...code.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, comment]) => comment).join(' ')
}

/**
 * Runs a block as the body of an async function, its imports being those that are given.
 * @returns what it has printed, with a space in between
 */
export async function runCodeBlock({ code }: CodeBlock, modules: Readonly<Record<string, object>>): Promise<string> {
  const printed: string[] = []
  const log = (...values: readonly unknown[]) => void printed.push(...values.map(String))
  const body = stripTypeScriptTypes(code)
    .replace(/^import \{(.*?)\} from '(.*?)'$/gms, (_, names, from) => `const {${names}} = modules['${from}']`)
    .replace(/^import (\w+) from '(.*?)'$/gm, (_, name, from) => `const ${name} = modules['${from}'].default`)
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor
  await new AsyncFunction('modules', 'console', body)(modules, { log })
  return printed.join(' ')
}
