import { describe, expect, it } from 'vitest'
import { createKeyValue } from '../../../src/http-client/key-value.ts'
import { grpcNaming, skydns } from '../../../src/instance/index.ts'
import { createEventRouter } from '../../../src/resolver/event-router.ts'

const put = (key: string) => ({ type: 'put' as const, kv: createKeyValue({ key: btoa(key) }) })

describe('the events of one watch over several services', () => {
  const sorted = (format: Parameters<typeof createEventRouter>[0], services: readonly string[], ...keys: string[]) => {
    const router = createEventRouter(
      format,
      services.map((service) => ({ service })),
    )
    return [...router.sort(keys.map(put))].map(([{ service }, events]) => [service, events.map(({ kv }) => kv.key)])
  }

  it('go to those in whose directory they are, in order and each once', () => {
    const keys = ['svc/pay/a', 'svc/', 'other/x', 'svc', 'svc/b', 'svc/pay/c']
    expect(sorted(grpcNaming(), ['svc', 'svc/pay', 'none'], ...keys)).toEqual([
      ['svc', ['svc/pay/a', 'svc/', 'svc/b', 'svc/pay/c']],
      ['svc/pay', ['svc/pay/a', 'svc/pay/c']],
    ])
  })

  it('go to the one whose own key it is', () => {
    const keys = ['/skydns/local/pay', '/skydns/local/pay/x', '/skydns/local/payx']
    expect(sorted(skydns(), ['pay.local', 'web.local'], ...keys)).toEqual([['pay.local', keys.slice(0, 2)]])
  })
})
