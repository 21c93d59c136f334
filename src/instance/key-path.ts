import { InvalidInstanceError } from '../errors.ts'

/** @throws InvalidInstanceError unless `value` is one segment of a key: it cannot leave its directory. */
export function checkSegment(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidInstanceError(field, 'is required')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  if (value === '.' || value === '..' || /[/\u0000-\u001f\u007f]/.test(value)) {
    throw new InvalidInstanceError(
      field,
      'must be one segment of a key: no "/", no control characters, not "." or ".."',
    )
  }
  return value
}

/** A prefix as formats join it: without the trailing slash. @throws TypeError when it is not text. */
export function checkPrefix(prefix: unknown, option: string): string {
  if (typeof prefix !== 'string') throw new TypeError(`${option} must be a string`)
  return prefix.replace(/\/+$/, '')
}

/** The two segments behind a root: `<service>/<rest>`; undefined when there are not two. */
export function splitKey(root: string, key: string): { readonly service: string; readonly rest: string } | undefined {
  if (!key.startsWith(root)) return undefined
  const path = key.slice(root.length)
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) return undefined
  return { service: path.slice(0, slash), rest: path.slice(slash + 1) }
}
