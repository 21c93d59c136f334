import { describe, expect, it } from 'vitest'
import { createKeyValue } from '../../../src/http-client/key-value.ts'
import { native } from '../../../src/instance/index.ts'
import { type Change, createRecordSet } from '../../../src/resolver/record-set.ts'

const b64 = (text: string) => Buffer.from(text).toString('base64')
const kv = (id: string, weight: number | string, revision = 1, createRevision = 1) =>
  createKeyValue({
    key: b64(`/services/web/${id}`),
    value: b64(typeof weight === 'number' ? JSON.stringify({ address: 'a:1', weight }) : weight),
    create_revision: String(createRevision),
    mod_revision: String(revision),
  })
const put = (id: string, weight: number | string, revision?: number) => ({
  type: 'put' as const,
  kv: kv(id, weight, revision),
})
const gone = (id: string) => ({ type: 'delete' as const, kv: kv(id, '') })
const names = ({ added, updated, removed }: Change) => [added, updated, removed].map((list) => list.map(({ id }) => id))

describe('a set of records', () => {
  it('tells what came of several events together', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1), kv('b', 1), kv('c', 1)])
    const change = records.apply([
      put('d', 1),
      gone('d'),
      put('a', 2),
      put('a', 3),
      put('b', 2),
      put('b', 1),
      gone('c'),
      put('e', 1),
    ])
    expect(names(change)).toEqual([['e'], ['a'], ['c']])
    expect(records.instances().map(({ id, weight }) => [id, weight])).toEqual([
      ['a', 3],
      ['b', 1],
      ['e', 1],
    ])
  })

  it('keeps its instances in key order, whatever order they come in', () => {
    const records = createRecordSet(native())
    records.replace([kv('m', 1)])
    records.apply([put('z', 1), put('a', 1), put('n', 1)])
    expect(records.instances().map(({ id }) => id)).toEqual(['a', 'm', 'n', 'z'])
  })

  it('moves the revision of an instance that was rewritten as it was, and calls that no change', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1, 5)])
    expect(names(records.apply([put('a', 1, 9)]))).toEqual([[], [], []])
    expect(records.instances()[0]?.modRevision).toBe(9)
  })

  it('gives the same array until an instance is put or goes', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1), kv('b', 1)])
    const before = records.instances()
    records.apply([gone('nobody'), put('a', 'nonsense'), put('bad', 'nonsense')])
    expect(records.instances()).toBe(before)
    records.apply([put('a', 2), gone('b')])
    expect(records.instances()).not.toBe(before)
    expect(before.map(({ id, weight }) => [id, weight])).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    expect([before, records.instances()].every(Object.isFrozen)).toBe(true)
  })

  it('keeps what a record said last when a list finds it unreadable', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1), kv('b', 7), kv('c', 1)])
    expect(names(records.replace([kv('a', 1), kv('b', 'nonsense'), kv('new', 'nonsense')]))).toEqual([[], [], ['c']])
    expect(records.instances().map(({ id, weight }) => [id, weight])).toEqual([
      ['a', 1],
      ['b', 7],
    ])
    expect(records.rejected()).toBe(2)
  })

  it('counts a record that cannot be read until it is replaced or deleted, and keeps the good one', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1), kv('bad', 'null')])
    expect(records.rejected()).toBe(1)
    expect(names(records.apply([put('a', 'nonsense')]))).toEqual([[], [], []])
    expect([records.rejected(), records.instances().length]).toEqual([2, 1])
    expect(names(records.apply([put('bad', 1), gone('a')]))).toEqual([['bad'], [], ['a']])
    expect(records.rejected()).toBe(0)
  })

  it('keeps no good one of a key that was deleted before the bad one came, seen or not', () => {
    const records = createRecordSet(native())
    records.replace([kv('a', 1, 2, 2), kv('b', 1, 3, 3)])
    expect(names(records.replace([kv('a', 'bad', 5, 2), kv('b', 'bad', 7, 7)]))).toEqual([[], [], ['b']])
    expect([records.rejected(), records.instances().map(({ id }) => id)]).toEqual([2, ['a']])
  })
})
