/** Runs anywhere: vitest's does not. @throws Error when the two differ as JSON. */
export function equal(seen: unknown, expected: unknown, what = 'value'): void {
  const [a, b] = [show(seen), show(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, saw ${a}`)
}

export function isTrue(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not so: ${what}`)
}

/** The error that a promise rejects with. @throws Error when it does not. */
export async function failure(promise: Promise<unknown>): Promise<Readonly<Record<string, unknown>>> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return Object(outcome.error)
  throw new Error(`it should have failed, but gave ${show(outcome.value)}`)
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}
