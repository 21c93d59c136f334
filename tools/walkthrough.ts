import { StartError } from './start-error.ts'

export interface WalkthroughOptions {
  /** The Worker. */
  readonly url: string
  readonly token: string
  readonly signal: AbortSignal
  /** Takes one line for each step. */
  readonly print: (line: string) => void
}

/** How long each step may take. */
const stepMs = 10_000
const service = 'walkthrough'

/** The life of an instance, told over HTTP as any client would. @throws StartError that says which step failed, and why. */
export async function walkThrough(options: WalkthroughOptions): Promise<void> {
  const id = crypto.randomUUID()
  const call = caller(options)
  const instances = `/api/v1/services/${service}/instances`
  const put = (weight: number) => call('PUT', `${instances}/${id}`, { address: '127.0.0.1:9000', ttl: 30, weight })
  const list = (query: string) => call('GET', `${instances}${query}`)
  const step = stepper(options.print)

  const registered = await step('register', async () => {
    const { revision } = expectStatus(await put(100), 201)
    return [`${service}/${id} at revision ${revision}`, revision]
  })
  await step('resolve', async () => {
    const { body } = expectStatus(await call('GET', `/api/v1/resolve/${service}`), 200)
    const [instance] = instancesOf(body)
    if (instance?.id !== id) throw new StartError('another instance was resolved')
    return [`${instance.address}, weight ${instance.weight}`, undefined]
  })
  const watching = list(`?since=${registered}&wait=${stepMs / 1000}s`)
  // Awaited below; until then its failure is nobody's.
  watching.catch(() => {})
  const changed = await step('change', async () => {
    const { revision } = expectStatus(await put(50), 200)
    return [`weight 50 at revision ${revision}`, revision]
  })
  await step('watch', async () => {
    const { body, revision } = expectStatus(await watching, 200)
    const seen = instancesOf(body).find((instance) => instance.id === id)?.weight
    if (seen !== 50 || revision < changed) throw new StartError(`weight ${seen} arrived, at revision ${revision}`)
    return [`weight ${seen} arrived`, undefined]
  })
  await step('deregister', async () => {
    expectStatus(await call('DELETE', `${instances}/${id}`), 204)
    const left = instancesOf(expectStatus(await list('?consistency=strong'), 200).body)
    if (left.some((instance) => instance.id === id)) throw new StartError('it is still there')
    return [`${left.length} instances left`, undefined]
  })
}

interface Answer {
  readonly request: string
  readonly status: number
  readonly revision: number
  readonly body: unknown
}

interface ListedInstance {
  readonly id: string
  readonly address: string
  readonly weight: number
}

function caller({ url, token, signal }: WalkthroughOptions) {
  return async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(stepMs + 5000)]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      request: `${method} ${path}`,
      status: response.status,
      revision: Number(response.headers.get('sd-revision')),
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
}

function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer
  throw new StartError(`${answer.request} answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`)
}

function instancesOf(body: unknown): readonly ListedInstance[] {
  return (body as { readonly instances: readonly ListedInstance[] }).instances
}

/** Runs one step, prints how long it took, and gives what the next ones need. */
function stepper(print: WalkthroughOptions['print']) {
  return async <Result>(name: string, run: () => Promise<readonly [told: string, result: Result]>): Promise<Result> => {
    const startedAt = performance.now()
    try {
      const [told, result] = await run()
      const took = Math.round(performance.now() - startedAt)
      print(`${name.padEnd(10)} ${String(took).padStart(5)} ms  ${told}`)
      return result
    } catch (error) {
      throw new StartError(`${name} failed: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
}
