import { InvalidInstanceError } from '../errors.ts'
import type { ServiceInstance } from './service-instance.ts'

type Tags = Readonly<Record<string, string>>

/**
 * The tags together with what travels as a tag of its own name, because the format has no other place for it.
 * @throws InvalidInstanceError when a tag of that name says something else.
 */
export function joinTags(format: string, tags: Tags, fields: Readonly<Record<string, string | undefined>>): Tags {
  const joined: Record<string, string> = { ...tags }
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (joined[name] !== undefined && joined[name] !== value) {
      throw new InvalidInstanceError(name, `differs from the tag "${name}", which holds it in the ${format} format`)
    }
    joined[name] = value
  }
  return joined
}

/** Version and zone as {@link joinTags} has put them there. The tags stay: somebody else may have set them. */
export function readTagFields({ version, zone }: Tags): Pick<ServiceInstance, 'version' | 'zone'> {
  return { ...(version ? { version } : {}), ...(zone ? { zone } : {}) }
}

/** What a tag says of the weight; undefined when it is missing, or no integer of 0 or more. */
export function readWeightTag(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

/**
 * The weight for {@link joinTags}: nothing to write when it is the one that readers assume anyway.
 * @throws InvalidInstanceError when the tag would then be read as another weight.
 */
export function weightTag(
  format: string,
  { weight, tags }: Pick<ServiceInstance, 'weight' | 'tags'>,
  assumed: number,
): string | undefined {
  if (weight !== assumed) return String(weight)
  if ((readWeightTag(tags.weight) ?? weight) !== weight) {
    throw new InvalidInstanceError('weight', `differs from the tag "weight", which holds it in the ${format} format`)
  }
  return undefined
}

/** The tags without the one that has been read as the weight. */
export function withoutWeight(tags: Tags): Tags {
  if (readWeightTag(tags.weight) === undefined) return tags
  const { weight: _, ...others } = tags
  return others
}
