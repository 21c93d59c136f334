import { createEtcdClient, createRegistrar, keepRegistered, type RegistrationSession } from 'etcd-edge'

export interface DemoInstance extends AsyncDisposable {
  readonly service: string
  /** etcd's revision when it was registered. */
  readonly revision: number
}

/** Short, so that little is left for long behind a process that was killed. */
const ttlSeconds = 10
const deregisterMs = 2000

/** Registers the Worker itself as an instance of the service `demo`, and keeps it registered. */
export async function registerDemo(
  endpoints: readonly string[],
  workerUrl: string,
  signal: AbortSignal,
): Promise<DemoInstance> {
  const { host, port } = new URL(workerUrl)
  const registrar = createRegistrar(createEtcdClient({ endpoints }), { ttlSeconds })
  const instance = { service: 'demo', id: `demo-${port}`, address: host, scheme: 'http', tags: { by: 'npm-start' } }
  const starting = new AbortController()
  const onAbort = () => starting.abort(signal.reason)
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const session = await keepRegistered(registrar, instance, { signal: starting.signal })
    return {
      service: 'demo',
      revision: session.status().registration.revision,
      [Symbol.asyncDispose]: closing(session),
    }
  } finally {
    // From here on the instance has to outlive the signal: it is deregistered in its turn.
    signal.removeEventListener('abort', onAbort)
  }
}

function closing(session: RegistrationSession): () => Promise<void> {
  return async () => {
    try {
      await session.close({ timeoutMs: deregisterMs })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      console.error(`the demo instance could not be deregistered; etcd drops it within ${ttlSeconds} s (${reason})`)
    }
  }
}
