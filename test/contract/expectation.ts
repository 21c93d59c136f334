import { expect } from 'vitest'
import type { Exchange } from './exchange.ts'
import { expand, type Variables } from './expansion.ts'
import type { ByTag, Expectation, Step } from './gateway-case.ts'

/** Compares an exchange with what its step expects of a target that has these tags, the most specific first. */
export function check(step: Step, seen: Exchange, tags: readonly string[], variables: Variables): void {
  const expected = byTag(step.expect, tags)
  if (expected.nothing) {
    expect(seen).toEqual({ text: '', ended: false })
    return
  }
  if (expected.status !== undefined) expect(seen.status, seen.text).toBe(byTag(expected.status, tags))
  if (expected.text !== undefined) expect(seen.text.trim()).toBe(expected.text)
  if (expected.eof) expect(seen.ended).toBe(true)
  if (expected.open) expect(seen.ended).toBe(false)
  checkError(expected, seen)
  checkContent(expected, seen, variables)
}

/** The JSON lines of a stream. */
export function linesOf(seen: Exchange): unknown[] {
  return seen.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

export function valueAt(json: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], json)
}

function checkError(expected: Expectation, seen: Exchange): void {
  if (expected.code === undefined) return
  const json = JSON.parse(seen.text) as { code?: number; message?: string; error?: unknown }
  const error = typeof json.error === 'object' ? (json.error as { grpc_code?: number } & typeof json) : json
  expect('grpc_code' in error ? error.grpc_code : error.code).toBe(expected.code)
  if (expected.msg !== undefined) expect(error.message).toBe(expected.msg)
  if (expected.msg_prefix !== undefined) expect(error.message).toMatch(new RegExp(`^${expected.msg_prefix}`))
}

function checkContent(expected: Expectation, seen: Exchange, variables: Variables): void {
  if (!expected.match && !expected.absent && !expected.lines) return
  const json: unknown = expected.lines ? linesOf(seen) : JSON.parse(seen.text)
  if (expected.match) expect(json).toMatchObject(matcher(expand(expected.match, variables)) as object)
  if (expected.lines) {
    const lines = matcher(expand(expected.lines, variables)) as object[]
    if (expected.unordered) checkUnordered(json as unknown[], lines)
    else expect(json).toMatchObject(lines)
  }
  for (const path of expected.absent ?? []) expect(valueAt(json, path), path).toBeUndefined()
}

function checkUnordered(lines: readonly unknown[], expected: readonly object[]): void {
  expect(lines).toHaveLength(expected.length)
  for (const wanted of expected) expect(lines).toSatisfy(() => lines.some((line) => isMatch(line, wanted)))
}

function isMatch(line: unknown, wanted: object): boolean {
  try {
    expect(line).toMatchObject(wanted)
    return true
  } catch {
    return false
  }
}

const types: Readonly<Record<string, unknown>> = {
  '~uint': expect.stringMatching(/^\d+$/),
  '~num': expect.any(Number),
  '~str': expect.any(String),
}

/** The value with its type names replaced by what vitest matches them with. */
function matcher(value: unknown): unknown {
  if (typeof value === 'string') return types[value] ?? value
  if (Array.isArray(value)) return value.map(matcher)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, matcher(item)]))
}

const tagNames = /^(?:v\d|3\.\d+|old|patched|gw164|deb3516)$/

function byTag<Value>(value: ByTag<Value>, tags: readonly string[]): Value {
  if (typeof value !== 'object' || value === null || !Object.keys(value).every((name) => tagNames.test(name))) {
    return value as Value
  }
  const tagged = value as Readonly<Record<string, Value>>
  const found = tags.map((tag) => tagged[tag]).find((candidate) => candidate !== undefined)
  if (found === undefined) throw new Error(`nothing is said about a target with the tags ${tags.join(', ')}`)
  return found
}
