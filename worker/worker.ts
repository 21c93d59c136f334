import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { createApp } from './app.ts'
import { ConfigurationError, readConfiguration } from './configuration.ts'
import { Problem, problemResponse } from './problem.ts'

/** What Cloudflare calls for each request. */
export interface Worker {
  fetch(request: Request, env: unknown): Response | Promise<Response>
}

/**
 * The API as a Worker that is configured by its environment. The app is built at the first request and serves all that
 * follow. A wrong value makes every answer a 500 problem that names the variable.
 */
export function createWorker(): Worker {
  let app: Pick<Hono, 'fetch'> | undefined
  return {
    fetch(request, env) {
      app ??= configuredApp(env)
      return app.fetch(request)
    },
  }
}

function configuredApp(env: unknown): Pick<Hono, 'fetch'> {
  try {
    return createApp(readConfiguration(env))
  } catch (error) {
    if (error instanceof ConfigurationError) return misconfiguredApp(error)
    throw error
  }
}

function misconfiguredApp({ message, faults }: ConfigurationError): Pick<Hono, 'fetch'> {
  const problem = new Problem('internal', {
    detail: `The Worker's configuration is wrong: ${message}`,
    members: { errors: faults },
  })
  const app = new Hono().use(requestId({ headerName: 'Request-Id' }))
  app.all('*', (c) => problemResponse(c, problem))
  return app
}
