import { InvalidInstanceError } from '../errors.ts'

/** The text of a stored value. @throws InvalidInstanceError when it is not UTF-8. */
export function valueText(value: Uint8Array | string): string {
  if (typeof value === 'string') return value
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch (cause) {
    throw new InvalidInstanceError('value', 'is not UTF-8', { cause })
  }
}
