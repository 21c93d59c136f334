import { Registry } from 'prom-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { observeWithPrometheus } from '../../examples/observe-prometheus.ts'
import { endpoint, makeObservedCalls } from './observed-calls.ts'

/** The series of a metric as Prometheus reads them: labels in alphabetical order, and the value. */
function seriesOf(page: string, metric: string): readonly string[] {
  const lines = page.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
    return name === metric ? [`${labels.split(',').sort().join(' ')} ${value}`] : []
  })
  return lines.sort()
}

describe('examples/observe-prometheus.ts', () => {
  let page: string
  let secrets: readonly string[]

  beforeAll(async () => {
    const register = new Registry()
    secrets = await makeObservedCalls(observeWithPrometheus(register))
    page = await register.metrics()
  })

  it('counts the attempts of each call by endpoint and by what came of them', () => {
    const at = `endpoint="${endpoint}"`
    expect(seriesOf(page, 'etcd_client_attempts_total')).toEqual([
      `call="auth/authenticate" code="OK" ${at} 2`,
      `call="kv/put" code="OK" ${at} 1`,
      `call="kv/range" code="OK" ${at} 1`,
      `call="kv/range" code="UNAVAILABLE" ${at} 1`,
      `call="lease/revoke" code="LEASE_NOT_FOUND" ${at} 1`,
      `call="watch" code="ABORTED" ${at} 1`,
    ])
  })

  it('counts what was sent again, and why', () => {
    expect(seriesOf(page, 'etcd_client_retries_total')).toEqual(['call="kv/range" code="UNAVAILABLE" 1'])
  })

  it('measures how long the attempts of each call took, in seconds', () => {
    const counts = ['auth/authenticate 2', 'kv/put 1', 'kv/range 2', 'lease/revoke 1', 'watch 1']
    expect(seriesOf(page, 'etcd_client_attempt_duration_seconds_count')).toEqual(
      counts.map((each) => each.replace(/(\S+)/, 'call="$1"')),
    )
    const sums = seriesOf(page, 'etcd_client_attempt_duration_seconds_sum').map((line) =>
      Number(line.split(' ').at(-1)),
    )
    expect(sums).toHaveLength(counts.length)
    for (const sum of sums) {
      expect(sum).toBeGreaterThan(0)
      expect(sum).toBeLessThan(5)
    }
    expect(page).toContain('# TYPE etcd_client_attempt_duration_seconds histogram')
  })

  it('has no labels but those whose values are bounded', () => {
    const labels = [...page.matchAll(/(\w+)="/g)].map(([, label]) => label)
    expect(new Set(labels)).toEqual(new Set(['call', 'endpoint', 'code', 'le']))
  })

  it('shows no key, value, password or token', () => {
    expect(page).toContain('auth/authenticate')
    expect(secrets).toHaveLength(10)
    expect(secrets.filter((secret) => page.includes(secret))).toEqual([])
  })
})
