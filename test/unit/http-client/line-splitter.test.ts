import { describe, expect, it } from 'vitest'
import { createLineSplitter } from '../../../src/http-client/line-splitter.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const split = (chunks: Uint8Array[]) => {
  const splitter = createLineSplitter()
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
}

describe('createLineSplitter', () => {
  const text = '{"result":{"created":true}}\n\n{"result":{"events":"ä😀"}}\n{"error":{"grpc_code":14}}'
  const lines = ['{"result":{"created":true}}', '{"result":{"events":"ä😀"}}', '{"error":{"grpc_code":14}}']

  it('gives the same lines wherever one cut falls, also inside a character', () => {
    const bytes = encode(text)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(split([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(lines)
    }
  })

  it('gives the same lines byte by byte', () => {
    expect(split([...encode(text)].map((byte) => Uint8Array.of(byte)))).toEqual(lines)
  })

  it('gives a line as soon as its newline is there, and not before', () => {
    const splitter = createLineSplitter()
    expect(splitter.push(encode('{"a"'))).toEqual([])
    expect(splitter.push(encode(':1}\n{'))).toEqual(['{"a":1}'])
  })
})
