import type { ServiceInstance } from '../instance/index.ts'

/** Which instances are wanted: those for which everything that is given holds, to the letter. */
export interface InstanceFilter {
  /** All of these, each with this value; others do not matter. */
  readonly tags?: Readonly<Record<string, string>>
  readonly zone?: string
  readonly version?: string
}

export type InstanceMatcher = (instance: ServiceInstance) => boolean

/** @throws TypeError naming what is no text; without a filter, everything matches. */
export function createMatcher(filter: InstanceFilter = {}): InstanceMatcher {
  const { tags = {}, zone, version } = filter
  if (typeof tags !== 'object' || tags === null) throw new TypeError('filter.tags must be an object of strings')
  const wanted = Object.entries(tags)
  const texts = [...wanted.map(([name, value]) => [`tags.${name}`, value]), ['zone', zone], ['version', version]]
  for (const [field, value] of texts) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`filter.${field} must be a string`)
  }
  return (instance) =>
    (zone === undefined || instance.zone === zone) &&
    (version === undefined || instance.version === version) &&
    wanted.every(([name, value]) => Object.hasOwn(instance.tags, name) && instance.tags[name] === value)
}
