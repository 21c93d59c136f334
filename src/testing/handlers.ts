import type { RequestHandler } from 'msw'
import type { EtcdSimulator } from './simulator.ts'

/** What msw asks of a handler. Its class has private members as well, which only its own code looks at. */
type PublicHandler = Pick<RequestHandler, keyof RequestHandler>

/**
 * msw request handlers that let the simulator answer everything sent to the origin of `baseUrl`:
 * `setupServer(...etcdHandlers(simulator))`.
 *
 * Built from msw's types alone, so that this entry point loads where msw is not installed. In Node, cancel the reader of
 * a streamed body before aborting its request: an abort in mid-stream is an uncaught error inside msw.
 *
 * @param baseUrl Where the code under test believes etcd to be. Default: `http://127.0.0.1:2379`.
 */
export function etcdHandlers(simulator: EtcdSimulator, baseUrl: string = 'http://127.0.0.1:2379'): RequestHandler[] {
  const { origin } = new URL(baseUrl)
  const isMeant = (request: Request) => new URL(request.url).origin === origin
  const handler: PublicHandler = {
    kind: 'request',
    info: { header: `etcd simulator at ${origin}` },
    isUsed: false,
    parse: async () => ({}),
    predicate: ({ request }) => isMeant(request),
    test: async ({ request }) => isMeant(request),
    async run({ request, requestId }) {
      if (!isMeant(request)) return null
      handler.isUsed = true
      return { handler: requestHandler, request, requestId, response: await answer(simulator, request) }
    },
    log() {},
    reset() {},
    restore() {},
    dispose() {},
  }
  const requestHandler = handler as unknown as RequestHandler
  return [requestHandler]
}

async function answer(simulator: EtcdSimulator, request: Request): Promise<Response> {
  try {
    return await simulator.fetch(request)
  } catch (error) {
    // Nobody waits for this answer any more; msw would print the error.
    if (request.signal.aborted) return Response.error()
    throw error
  }
}
