import { createEtcdSimulator } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'
import { post } from './gateway-calls.ts'

/** Whether a range request with this text is accepted. */
async function accepts(dialect: 'v1' | 'v2', body: string): Promise<boolean> {
  const { status, json } = await post(createEtcdSimulator({ dialect }), '/v3/kv/range', body)
  if (status !== 200) expect(json.code).toBe(3)
  return status === 200
}

const both = { v1: true, v2: true }
const neither = { v1: false, v2: false }
const onlyV1 = { v1: true, v2: false }
const onlyV2 = { v1: false, v2: true }

// Measured on etcd 3.5.33 (v1) and 3.6.14 (v2).
describe('which spellings are accepted', () => {
  test.each([
    ['5', both],
    ['"5"', both],
    ['-1', both],
    ['9223372036854775807', both],
    ['9223372036854775808', neither],
    ['"9223372036854775808"', neither],
    ['5.0', onlyV2],
    ['"5.0"', onlyV2],
    ['1e1', onlyV2],
    ['" 5"', onlyV1],
    ['5.5', neither],
    ['"007"', neither],
    ['"+5"', neither],
    ['""', neither],
    ['true', neither],
    ['[]', neither],
    ['null', both],
  ])('the integer %s', async (spelling, accepted) => {
    const body = `{"key":"YQ==","limit":${spelling}}`
    expect({ v1: await accepts('v1', body), v2: await accepts('v2', body) }).toEqual(accepted)
  })

  test.each([
    ['"YQ=="', both],
    ['"YQ"', onlyV2],
    ['"YQ="', neither],
    ['"+/+/"', both],
    ['"-_-_"', onlyV2],
    ['"-_+/"', neither],
    ['" YQ=="', neither],
    ['"Y\\r\\nQ=="', onlyV1],
    ['"YWJj\\n"', both],
    ['"===="', neither],
    ['"\\u0059Q=="', both],
    ['[97,98]', onlyV1],
    ['[256]', neither],
    ['5', neither],
  ])('the bytes %s', async (spelling, accepted) => {
    const body = `{"key":${spelling}}`
    expect({ v1: await accepts('v1', body), v2: await accepts('v2', body) }).toEqual(accepted)
  })

  test.each([
    ['{"key":"YQ==","key":"Yg=="}', onlyV1],
    ['{"key":"YQ==","range_end":"Yg==","rangeEnd":"Yw=="}', onlyV1],
    ['{"key":"YQ==","sort_order":"descend"}', onlyV2],
    ['{"key":"YQ==","sort_order":1}', both],
    ['{"key":"YQ==","sort_order":7}', onlyV1],
    ['{"key":"YQ==","sort_order":true}', neither],
    ['{"key":"YQ==","serializable":1}', neither],
    ['{"key":"YQ==","unknown":{"a":[1,{"b":null}]},"unknown":2}', both],
    ['{"key":"YQ=="} trailing', both],
    ['{"key":"YQ==",}', neither],
    ['{"key":"YQ=="', neither],
    ["{'key':1}", neither],
    ['[]', neither],
    ['5', neither],
  ])('the request %s', async (body, accepted) => {
    expect({ v1: await accepts('v1', body), v2: await accepts('v2', body) }).toEqual(accepted)
  })

  test('a key of some megabytes is read', async () => {
    const body = JSON.stringify({ key: btoa('x'.repeat(1_900_000)) })
    expect(await accepts('v2', body)).toBe(true)
  })
})

test('of two members of a oneof v1 takes the one that is declared last, v2 refuses both', async () => {
  const body = { success: [{ request_put: { key: 'YQ==' }, request_range: { key: 'YQ==' } }] }
  const v1 = await post(createEtcdSimulator({ dialect: 'v1' }), '/v3/kv/txn', body)
  expect(v1.json).toMatchObject({ responses: [{ response_put: {} }] })
  const v2 = await post(createEtcdSimulator({ dialect: 'v2' }), '/v3/kv/txn', body)
  expect([v2.status, v2.json.code]).toEqual([400, 3])
})

test('a twin that comes later wins in v1', async () => {
  const simulator = createEtcdSimulator({ dialect: 'v1' })
  await post(simulator, '/v3/kv/put', { key: btoa('a') })
  const { json } = await post(simulator, '/v3/kv/range', '{"key":"Yg==","key":"YQ=="}')
  expect(json.count).toBe('1')
})

test('an unknown compare target is a compare of the version in v2', async () => {
  const compare = [{ key: btoa('a'), target: 'CREATED', version: 0 }]
  const { json } = await post(createEtcdSimulator(), '/v3/kv/txn', { compare })
  expect(json.succeeded).toBe(true)
})
