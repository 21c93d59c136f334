import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackoff } from '../../../src/backoff.ts'
import { isEtcdError } from '../../../src/errors.ts'
import { decodeBase64, decodeBase64Text, encodeBase64 } from '../../../src/http-client/base64.ts'
import { errorFromAnswer, errorFromCancelReason, errorFromStreamLine } from '../../../src/http-client/gateway-error.ts'
import { prefixEnd } from '../../../src/http-client/key-range.ts'
import { createLineSplitter } from '../../../src/http-client/line-splitter.ts'

const compareBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b)

describe('for any input', () => {
  it('a stream of JSON lines decodes the same wherever it is cut, with or without the last newline', () => {
    const messages = fc.array(fc.record({ result: fc.object({ withUnicodeString: true } as never) }), { minLength: 1 })
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (sent, cuts, newline) => {
        const text = sent.map((message) => JSON.stringify(message)).join('\n') + (newline ? '\n' : '')
        const bytes = new TextEncoder().encode(text)
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
        const splitter = createLineSplitter()
        const lines = places.slice(1).flatMap((end, index) => splitter.push(bytes.slice(places[index], end)))
        const decoded = [...lines, ...splitter.end()].map((line) => JSON.parse(line))
        expect(decoded).toEqual(sent.map((message) => JSON.parse(JSON.stringify(message))))
      }),
    )
  })

  it('the end of a prefix is above every key with it and below every key behind it', () => {
    const bytes = fc.uint8Array({ maxLength: 6 })
    fc.assert(
      fc.property(bytes, bytes, bytes, (prefix, tail, other) => {
        const end = prefixEnd(prefix)
        const isOpen = end.length === 1 && end[0] === 0
        const key = Buffer.concat([prefix, tail])
        if (!isOpen) expect(compareBytes(key, end)).toBeLessThan(0)
        const hasPrefix = compareBytes(other.subarray(0, prefix.length), prefix) === 0
        const inRange = compareBytes(other, prefix) >= 0 && (isOpen || compareBytes(other, end) < 0)
        // An open end also takes in what is above the prefix: only where nothing without it can be.
        if (!isOpen) expect(inRange).toBe(hasPrefix)
        else if (hasPrefix) expect(inRange).toBe(true)
      }),
    )
  })

  it('base64 of text and of bytes comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const clean = text.isWellFormed() ? text : text.toWellFormed()
        expect(decodeBase64Text(encodeBase64(clean))).toBe(clean)
      }),
    )
  })

  it('the normalizer gives an error with a code, and never throws', () => {
    const context = { call: 'kv/range', endpoint: 'http://etcd:2379', status: 500 }
    const answers = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"error":${json}}`),
    )
    fc.assert(
      fc.property(answers, fc.integer({ min: 200, max: 599 }), (text, status) => {
        const error = errorFromAnswer(text, { ...context, status })
        expect(isEtcdError(error)).toBe(true)
        expect(error.message.length).toBeLessThan(5000)
      }),
    )
    fc.assert(fc.property(fc.anything(), (error) => isEtcdError(errorFromStreamLine(error, context))))
    fc.assert(
      fc.property(fc.string(), (reason) => {
        const error = errorFromCancelReason(reason, context)
        return error === undefined || isEtcdError(error)
      }),
    )
  })

  it('a delay is never above its limit, nor below half of what it has grown to', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 60_000 }),
        random,
        (baseMs, more, at) => {
          const maxMs = baseMs + more
          const backoff = createBackoff({ baseMs, maxMs, random: () => at })
          let ceiling = baseMs
          for (let attempt = 0; attempt < 100; attempt++) {
            const delay = backoff.next()
            expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
            expect(delay).toBeLessThanOrEqual(ceiling)
            ceiling = Math.min(maxMs, ceiling * 2)
          }
        },
      ),
    )
  })
})
