/** Times and counts the attempts of calls, and prints what Prometheus would read: observe-prometheus.ts [etcd URL] */
import { createEtcdClient, type EtcdObserver } from 'etcd-edge'
import { Counter, Histogram, Registry } from 'prom-client'

/** No label has more values than there are calls, endpoints or codes. */
export function observeWithPrometheus(register: Registry): EtcdObserver {
  const registers = [register]
  const durations = new Histogram({
    name: 'etcd_client_attempt_duration_seconds',
    help: 'Until the whole answer was read; of a watch, until its stream ended',
    labelNames: ['call'],
    registers,
  })
  const attempts = new Counter({
    name: 'etcd_client_attempts_total',
    help: 'Attempts of calls by what came of them: OK, ABORTED or the code of the error',
    labelNames: ['call', 'endpoint', 'code'],
    registers,
  })
  const retries = new Counter({
    name: 'etcd_client_retries_total',
    help: 'Attempts that followed a failed one, by the code of its error',
    labelNames: ['call', 'code'],
    registers,
  })
  return {
    onResponse({ call, endpoint, code, durationMs }) {
      durations.observe({ call }, durationMs / 1000)
      attempts.inc({ call, endpoint, code })
    },
    onRetry: ({ call, code }) => retries.inc({ call, code }),
  }
}

if (import.meta.main) {
  const register = new Registry()
  const endpoints = [process.argv[2] ?? 'http://127.0.0.1:2379']
  await createEtcdClient({ endpoints, observer: observeWithPrometheus(register) }).kv.get('/greeting')
  console.log(await register.metrics())
}
