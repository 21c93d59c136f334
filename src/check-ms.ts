/** @throws RangeError naming the option when it is not a time a timer can wait for. */
export function checkMs(value: number, option: string, least = 1): number {
  if (!Number.isFinite(value) || value < least || value > 2 ** 31 - 1) {
    throw new RangeError(`${option} must be between ${least} and ${2 ** 31 - 1} milliseconds, got ${value}`)
  }
  return value
}
