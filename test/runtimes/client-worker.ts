// The portable suite in workerd: `GET /?url=…&prefix=…`.
import { runClientSuite } from './client-suite.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url)
    return Response.json(await runClientSuite(searchParams.get('url') ?? '', searchParams.get('prefix') ?? ''))
  },
}
