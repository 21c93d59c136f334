import { describe, expect, it } from 'vitest'
import { createMatcher } from '../../../src/resolver/instance-filter.ts'
import { instance } from './candidates.ts'

const one = instance('a', { zone: 'iad', version: '1.2.3', tags: { env: 'prod', team: 'shop' } })

describe('a filter', () => {
  it.each([
    [undefined, true],
    [{}, true],
    [{ zone: 'iad' }, true],
    [{ zone: 'fra' }, false],
    [{ version: '1.2.3' }, true],
    [{ version: '1.2' }, false],
    [{ tags: {} }, true],
    [{ tags: { env: 'prod' } }, true],
    [{ tags: { env: 'prod', team: 'shop' } }, true],
    [{ tags: { env: 'prod', team: 'cart' } }, false],
    [{ tags: { region: 'eu' } }, false],
    [{ tags: { toString: 'x' } }, false],
    [{ zone: 'iad', version: '1.2.3', tags: { env: 'prod' } }, true],
    [{ zone: 'iad', version: '2', tags: { env: 'prod' } }, false],
  ])('%j: %s', (filter, matches) => {
    expect(createMatcher(filter)(one)).toBe(matches)
  })

  it('does not take an instance that does not say its zone or version', () => {
    expect(createMatcher({ zone: 'iad' })(instance('a'))).toBe(false)
    expect(createMatcher({ version: '1' })(instance('a'))).toBe(false)
  })

  it.each([
    [{ zone: 1 }, 'filter.zone must be a string'],
    [{ version: null }, 'filter.version must be a string'],
    [{ tags: { env: true } }, 'filter.tags.env must be a string'],
    [{ tags: 'env' }, 'filter.tags must be an object of strings'],
    [{ tags: null }, 'filter.tags must be an object of strings'],
  ])('refuses %j: %s', (filter, message) => {
    expect(() => createMatcher(filter as never)).toThrow(new TypeError(message))
  })
})
