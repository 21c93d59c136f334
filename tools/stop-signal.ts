/** Somebody asked this process to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly exitCode: number
  constructor(signal: keyof typeof exitCodes) {
    super(`stopped by ${signal}`)
    this.exitCode = exitCodes[signal]
  }
}

// As a shell reports them: 128 and the number of the signal.
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
const signals = Object.keys(exitCodes) as (keyof typeof exitCodes)[]

/**
 * A signal that is aborted by Ctrl-C, `kill` or a closed terminal. The process is not ended by them any more, however often
 * they come: whoever asked has to clean up and exit.
 */
export function listenForStop(): AbortSignal {
  const stop = new AbortController()
  for (const name of signals) {
    const stopNow = () => stop.abort(new Stopped(name))
    process.on(name, stopNow)
    // miniflare and others end the process at once in handlers of their own, in the middle of our cleaning up.
    process.on('newListener', (event, listener) => {
      if (event === name && listener !== stopNow) queueMicrotask(() => process.off(name, listener))
    })
  }
  return stop.signal
}

/** What `promise` gives, unless `signal` is aborted first. */
export async function orStop<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  // When it fails later, nobody is there any more to hear of it.
  promise.catch(() => {})
  signal.throwIfAborted()
  const stopped = Promise.withResolvers<never>()
  const onAbort = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, stopped.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
