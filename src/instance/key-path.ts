import { InvalidInstanceError } from '../errors.ts'

/** @throws InvalidInstanceError unless `value` is one segment of a key: it cannot leave its directory. */
export function checkSegment(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidInstanceError(field, 'is required')
  if (!isSegment(value)) {
    throw new InvalidInstanceError(
      field,
      'must be one segment of a key: no "/", no control characters, not "." or ".."',
    )
  }
  return value
}

/** As {@link checkSegment}, for the frameworks whose names may be several segments, such as `shop/order.rpc`. */
export function checkPath(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidInstanceError(field, 'is required')
  if (!value.split('/').every(isSegment)) {
    throw new InvalidInstanceError(
      field,
      'must be segments of a key with "/" between them: no control characters, none of them empty, "." or ".."',
    )
  }
  return value
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
const isSegment = (text: string) => !/^\.{0,2}$|[/\u0000-\u001f\u007f]/.test(text)

/** A prefix as formats join it: without the trailing slash. @throws TypeError when it is not text. */
export function checkPrefix(prefix: unknown, option: string): string {
  if (typeof prefix !== 'string') throw new TypeError(`${option} must be a string`)
  return prefix.replace(/\/+$/, '')
}

/** A prefix that may be none at all: `''`, or ending with `/`. @throws TypeError when it is not text. */
export function checkOptionalPrefix(prefix: unknown, option: string): string {
  const checked = checkPrefix(prefix, option)
  return prefix === '' ? '' : `${checked}/`
}

export interface KeyPath {
  readonly service: string
  readonly rest: string
}

/** The two segments behind a root: `<service>/<rest>`; undefined when there are not two. */
export function splitKey(root: string, key: string): KeyPath | undefined {
  if (!key.startsWith(root)) return undefined
  const path = key.slice(root.length)
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) return undefined
  return { service: path.slice(0, slash), rest: path.slice(slash + 1) }
}

/**
 * `<service>/<rest>` behind a root where the service may be several segments: what is before the last slash, unless the
 * service is known. Undefined when the key is not of that shape, or not below that service.
 */
export function splitPathKey(root: string, key: string, service?: string): KeyPath | undefined {
  if (!key.startsWith(root)) return undefined
  const path = key.slice(root.length)
  const slash = service === undefined ? path.lastIndexOf('/') : service.length
  const split = { service: path.slice(0, slash), rest: path.slice(slash + 1) }
  if (slash < 1 || split.rest === '' || path[slash] !== '/') return undefined
  return service === undefined || split.service === service ? split : undefined
}
