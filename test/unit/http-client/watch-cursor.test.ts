import { describe, expect, it } from 'vitest'
import { createWatchCursor } from '../../../src/http-client/watch-cursor.ts'
import type { WireEvent, WireWatchResponse } from '../../../src/http-client/wire.ts'

const context = { call: 'watch', endpoint: 'http://etcd:2379' }
const header = (revision: number, cluster_id = '1') => ({ cluster_id, revision: String(revision) })
const put = (revision: number, key = 'k'): WireEvent => ({
  kv: { key: Buffer.from(key).toString('base64'), mod_revision: String(revision) },
})
const events = (...list: WireEvent[]): WireWatchResponse => ({ header: header(999), events: list })
const revisionsOf = (item: unknown) =>
  (item as { events: { kv: { modRevision: number } }[] }).events.map(({ kv }) => kv.modRevision)

describe('createWatchCursor', () => {
  it('moves on by the events, not by the header that runs ahead of them', () => {
    const cursor = createWatchCursor(5, context)
    expect(cursor.accept({ header: header(99), created: true })).toBeUndefined()
    expect(cursor.next).toBe(5)
    expect(cursor.accept(events(put(5), put(6)))).toMatchObject({ type: 'events', revision: 6 })
    expect(cursor.next).toBe(7)
  })

  it('an event without a type is a put, and a delete is one', () => {
    const cursor = createWatchCursor(1, context)
    const item = cursor.accept(events(put(1), { type: 'DELETE', kv: { key: 'aw==', mod_revision: '2' } }))
    expect(item).toMatchObject({ events: [{ type: 'put' }, { type: 'delete', kv: { key: 'k' } }] })
  })

  it('joins the fragments of one message, and moves on only behind the last', () => {
    const cursor = createWatchCursor(5, context)
    expect(cursor.accept({ ...events(put(5), put(6)), fragment: true })).toBeUndefined()
    expect(cursor.next).toBe(5)
    expect(revisionsOf(cursor.accept(events(put(6, 'b'))))).toEqual([5, 6, 6])
    expect(cursor.next).toBe(7)
  })

  it('drops fragments that the last stream did not finish: they come again', () => {
    const cursor = createWatchCursor(5, context)
    cursor.accept({ ...events(put(5)), fragment: true })
    cursor.reopen()
    expect(revisionsOf(cursor.accept(events(put(5), put(6))))).toEqual([5, 6])
  })

  it('drops events from before the start, which old servers send', () => {
    const cursor = createWatchCursor(5, context)
    expect(cursor.accept(events(put(3), put(4)))).toBeUndefined()
    expect(revisionsOf(cursor.accept(events(put(4), put(5))))).toEqual([5])
  })

  it('moves past a progress message, and not back', () => {
    const cursor = createWatchCursor(5, context)
    expect(cursor.accept({ header: header(20) })).toEqual({ type: 'progress', revision: 20 })
    expect(cursor.accept({ header: header(10), watch_id: '-1' })).toBeUndefined()
    expect(cursor.next).toBe(21)
  })

  it('a compaction is a reset, also when etcd says so with a reason only', () => {
    const reset = { type: 'reset', reason: 'compacted' }
    expect(createWatchCursor(5, context).accept({ canceled: true, compact_revision: '9' })).toEqual(reset)
    const reason = 'etcdserver: mvcc: required revision has been compacted'
    expect(createWatchCursor(5, context).accept({ created: true, canceled: true, cancel_reason: reason })).toEqual(
      reset,
    )
  })

  it('looks at canceled before created: a watch that is denied is no success', () => {
    const cursor = createWatchCursor(5, context)
    const cancel_reason = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'
    expect(() => cursor.accept({ created: true, canceled: true, cancel_reason })).toThrow(
      expect.objectContaining({ code: 'AUTH', grpcCode: 7 }),
    )
    const empty = { created: true, canceled: true, cancel_reason: 'mvcc: watcher range is empty' }
    expect(() => cursor.accept(empty)).toThrow(
      expect.objectContaining({ code: 'WATCH_CANCELED', reason: 'mvcc: watcher range is empty' }),
    )
  })

  it('another cluster is a reset', () => {
    const cursor = createWatchCursor(5, context)
    cursor.accept({ header: header(5, '1'), created: true })
    expect(cursor.accept({ header: header(5, '2'), created: true })).toEqual({
      type: 'reset',
      reason: 'cluster-changed',
    })
  })

  it('suspects a store that is behind what was seen', () => {
    const cursor = createWatchCursor(12, context)
    expect(cursor.wentBack({ header: header(10), created: true })).toBe(true)
    expect(cursor.wentBack({ header: header(11), created: true })).toBe(false)
    expect(cursor.wentBack({ header: header(3) })).toBe(false)
    expect(cursor.wentBack({ header: {}, created: true, canceled: true })).toBe(false)
  })
})
