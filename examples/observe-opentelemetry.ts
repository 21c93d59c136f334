/** Calls as spans and a histogram, in OpenTelemetry's words for RPC: observe-opentelemetry.ts [etcd URL] */
import { type Attributes, metrics, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { createEtcdClient, type EtcdObserver, type EtcdRequestEvent } from 'etcd-edge'

/** Each attempt of a call is a span. To be called when the SDK's providers are set. */
export function observeWithOpenTelemetry(): EtcdObserver {
  const tracer = trace.getTracer('etcd-edge')
  const advice = { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] }
  const durations = metrics.getMeter('etcd-edge').createHistogram('rpc.client.call.duration', { unit: 's', advice })
  const spans = new WeakMap<EtcdRequestEvent, Span>()
  return {
    onRequest(request) {
      const resent = request.attempt > 1 && { 'http.request.resend_count': request.attempt - 1 }
      const attributes = { ...attributesOf(request), ...resent }
      spans.set(request, tracer.startSpan(request.call, { kind: SpanKind.CLIENT, attributes }))
    },
    onResponse({ request, durationMs, code, grpcCode }) {
      const failed = code !== 'OK' && code !== 'ABORTED'
      const outcome = { ...(failed && { 'error.type': code }), ...(grpcCode && { 'rpc.status_code': `${grpcCode}` }) }
      durations.record(durationMs / 1000, { ...attributesOf(request), ...outcome })
      const span = spans.get(request)?.setAttributes(outcome)
      if (failed) span?.setStatus({ code: SpanStatusCode.ERROR })
      span?.end()
    },
  }
}

function attributesOf({ call, endpoint }: EtcdRequestEvent): Attributes {
  const { hostname, port, protocol } = new URL(endpoint)
  const server = { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) }
  return { 'rpc.system.name': 'grpc-gateway', 'rpc.method': call, ...server }
}

if (import.meta.main) {
  const { ConsoleSpanExporter, SimpleSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace')
  const spanProcessors = [new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })]
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }))
  const endpoints = [process.argv[2] ?? 'http://127.0.0.1:2379']
  await createEtcdClient({ endpoints, observer: observeWithOpenTelemetry() }).kv.get('/greeting')
}
