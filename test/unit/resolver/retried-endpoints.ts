import { type Endpoint, fixedEndpointer, roundRobin } from '../../../src/resolver/index.ts'

export const inOrder = <Input, Output>(endpoints: readonly Endpoint<Input, Output>[]) =>
  roundRobin(fixedEndpointer(endpoints), { random: () => 0 })
export const failing = (message: string) => async () => {
  throw new Error(message)
}
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}
/** One that never settles, and shows what it was given. */
export const hanging = () => {
  const signals: AbortSignal[] = []
  const endpoint = (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
    signals.push(signal)
    return new Promise<never>(() => {})
  }
  return { endpoint, signals }
}
