import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, context, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { beforeAll, describe, expect, it } from 'vitest'
import { observeWithOpenTelemetry } from '../../examples/observe-opentelemetry.ts'
import { makeObservedCalls } from './observed-calls.ts'

class ReaderOnDemand extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

const exporter = new InMemorySpanExporter()
const reader = new ReaderOnDemand()
const about = (call: string) => ({
  'rpc.system.name': 'grpc-gateway',
  'rpc.method': call,
  'server.address': 'etcd-1.test',
  'server.port': 2379,
})
/** What is seen of each attempt: of its span, and of its place in the histogram. */
const attempts = [
  { call: 'auth/authenticate', outcome: {} },
  { call: 'kv/put', outcome: {} },
  { call: 'kv/range', outcome: { 'error.type': 'UNAVAILABLE' } },
  { call: 'auth/authenticate', outcome: {} },
  { call: 'kv/range', outcome: {}, resent: { 'http.request.resend_count': 1 } },
  { call: 'lease/revoke', outcome: { 'error.type': 'LEASE_NOT_FOUND', 'rpc.status_code': '5' } },
  { call: 'watch', outcome: {} },
]

/** What follows a caller through its promises; in programs it comes with the SDK for the runtime. */
function followCallers(): void {
  const storage = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, receiver, ...args) => storage.run(active, () => work.call(receiver as never, ...args)),
    bind: (_, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    },
  })
}

describe('examples/observe-opentelemetry.ts', () => {
  let spans: readonly ReadableSpan[]
  let secrets: readonly string[]

  beforeAll(async () => {
    followCallers()
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    await trace.getTracer('test').startActiveSpan('the caller', async (caller) => {
      secrets = await makeObservedCalls(observeWithOpenTelemetry())
      caller.end()
    })
    spans = exporter.getFinishedSpans().filter(({ name }) => name !== 'the caller')
  })

  it('gives each attempt a span, with the names of the semantic conventions', () => {
    expect(spans.map(({ name, kind, attributes }) => ({ name, kind, attributes }))).toEqual(
      attempts.map(({ call, outcome, resent }) => ({
        name: call,
        kind: SpanKind.CLIENT,
        attributes: { ...about(call), ...resent, ...outcome },
      })),
    )
  })

  it('marks what failed, and neither what went well nor what the caller ended', () => {
    const { ERROR, UNSET } = SpanStatusCode
    expect(spans.map(({ status }) => status.code)).toEqual([UNSET, UNSET, ERROR, UNSET, UNSET, ERROR, UNSET])
  })

  it('hangs the spans below the one of the caller', () => {
    const caller = exporter
      .getFinishedSpans()
      .find(({ name }) => name === 'the caller')
      ?.spanContext().spanId
    expect(caller).toBeDefined()
    expect(new Set(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId))).toEqual(new Set([caller]))
  })

  it('measures how long each attempt took, in seconds and in buckets that fit', async () => {
    const { resourceMetrics } = await reader.collect()
    const [metric, ...others] = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    expect(others).toEqual([])
    expect(metric).toMatchObject({ descriptor: { name: 'rpc.client.call.duration', unit: 's' } })
    if (metric?.dataPointType !== DataPointType.HISTOGRAM) throw new Error('it is no histogram')
    const measured = metric.dataPoints.flatMap(({ attributes, value }) => Array(value.count).fill(attributes))
    expect(measured).toHaveLength(attempts.length)
    expect(measured).toEqual(
      expect.arrayContaining(attempts.map(({ call, outcome }) => ({ ...about(call), ...outcome }))),
    )
    for (const { value } of metric.dataPoints) {
      expect(value.sum).toBeGreaterThan(0)
      expect(value.sum).toBeLessThan(5)
      expect(value.buckets.boundaries[0]).toBe(0.005)
    }
  })

  it('shows no key, value, password or token', async () => {
    const { resourceMetrics } = await reader.collect()
    const seen = JSON.stringify([
      spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      resourceMetrics.scopeMetrics,
    ])
    expect(seen).toContain('auth/authenticate')
    expect(secrets).toHaveLength(10)
    expect(secrets.filter((secret) => seen.includes(secret))).toEqual([])
  })

  it.each([
    ['https://etcd.internal', { 'server.address': 'etcd.internal', 'server.port': 443 }],
    ['http://etcd.internal', { 'server.address': 'etcd.internal', 'server.port': 80 }],
  ])('names host and port of %s', (endpoint, server) => {
    const request = { call: 'kv/range', endpoint, attempt: 1 }
    const observer = observeWithOpenTelemetry()
    observer.onRequest?.(request)
    observer.onResponse?.({ ...request, request, durationMs: 1, code: 'OK' })
    expect(exporter.getFinishedSpans().at(-1)?.attributes).toMatchObject(server)
  })
})
