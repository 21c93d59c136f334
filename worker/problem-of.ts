import {
  DeadlineError,
  type EtcdError,
  InstanceConflictError,
  InvalidInstanceError,
  isEtcdError,
  LeaseNotFoundError,
} from 'etcd-edge'
import { leaseNotFound, ownedByAnother } from './owner-key.ts'
import { type InputError, invalidRequest, Problem } from './problem.ts'

/** When to ask again a registry that does not answer, in seconds: longer than the client's own delays. */
const retryAfterSeconds = '2'

/** The problem that tells a caller of an error: everything that is not the caller's or etcd's is `internal`, without detail. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof InvalidInstanceError) return invalidRequest([inputError(error)])
  if (error instanceof InstanceConflictError) return ownedByAnother()
  if (error instanceof LeaseNotFoundError) return leaseNotFound()
  if (error instanceof DeadlineError) return new Problem('registry-timeout', { cause: error })
  if (isEtcdError(error)) return unavailable(error)
  return new Problem('internal', { cause: error })
}

function unavailable(error: EtcdError): Problem {
  return new Problem('registry-unavailable', {
    cause: error,
    headers: { 'Retry-After': retryAfterSeconds },
    members: { code: error.code },
  })
}

/** Service and id are named by the path; all other fields are the body's. */
function inputError({ field, message }: InvalidInstanceError): InputError {
  const detail = message.slice(field.length + 2)
  if (field === 'service' || field === 'id') return { parameter: field, detail }
  const [name = '', ...rest] = field.split('.')
  const segments = rest.length === 0 ? [name] : [name, rest.join('.')]
  return { pointer: jsonPointer(segments), detail }
}

/** A JSON pointer (RFC 6901) to the place that a path of field names leads to. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
