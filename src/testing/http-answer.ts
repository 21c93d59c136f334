/** An answer that is complete: its status, its type and its text. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8'
  readonly body: string
}

/** What etcd adds to every answer while `--cors` is not set. */
const corsHeaders = {
  'Access-Control-Allow-Headers': 'accept, content-type, authorization',
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS, PUT, DELETE',
  'Access-Control-Allow-Origin': '*',
}

export function plainText(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

export function json(status: number, body: object): HttpAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

export function toResponse({ status, contentType, body }: HttpAnswer): Response {
  return new Response(body, { status, headers: { ...corsHeaders, 'Content-Type': contentType } })
}

/** The answer of a CORS preflight, and of a stream that ends without a message. */
export function emptyResponse(): Response {
  return new Response(new Uint8Array(), { status: 200, headers: corsHeaders })
}

/** The answer of an RPC that went well. */
export function rpcResponse(body: string | ReadableStream<Uint8Array>): Response {
  const headers = {
    ...corsHeaders,
    'Content-Type': 'application/json',
    'Grpc-Metadata-Content-Type': 'application/grpc',
  }
  return new Response(body, { status: 200, headers })
}
