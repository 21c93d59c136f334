import { InvalidInstanceError } from '../errors.ts'

// "any" is a wildcard of SkyDNS, as "*" is.
const label = /^(?!any$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * A domain name as SkyDNS writes it into a key: its labels from the right to the left, with `/` between.
 * @throws InvalidInstanceError unless every label is one of DNS, in lower case.
 */
export function domainPath(domain: unknown, field: string): string {
  if (typeof domain !== 'string' || domain === '') throw new InvalidInstanceError(field, 'is required')
  const labels = domain.split('.')
  if (!labels.every((text) => label.test(text))) {
    throw new InvalidInstanceError(field, 'must be labels of DNS with "." between: [a-z0-9_-], 63 at most, not "any"')
  }
  return reversed(labels, '/')
}

/** The labels of a key behind the root, as they are in it. @throws InvalidInstanceError when the key is not below the root. */
export function keyLabels(root: string, key: string): readonly string[] {
  const labels = key.startsWith(root) ? key.slice(root.length).split('/') : ['']
  if (labels.includes('')) throw new InvalidInstanceError('key', `is not ${root}<labels>`)
  return labels
}

/** The domain name of labels that are in the order of a key. */
export function domainOf(labels: readonly string[]): string {
  return reversed(labels, '.')
}

const reversed = (labels: readonly string[], separator: string) => [...labels].reverse().join(separator)
