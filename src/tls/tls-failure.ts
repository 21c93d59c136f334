import { UnavailableError } from '../errors.ts'

/** Who tried to connect to whom. */
export interface TlsAttempt {
  readonly origin: string
  /** Whether a client certificate was shown. */
  readonly certified: boolean
}

/** What the runtimes say, and what it means: OpenSSL's words (Node, Bun), then rustls' (Deno). */
const meanings: readonly (readonly [said: RegExp, means: (attempt: TlsAttempt) => string])[] = [
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)|ALERT_UNKNOWN_CA|alert: ?(BadCertificate|Certificate\w+|UnknownCA|HandshakeFailure)/i,
    ({ origin, certified }) =>
      certified
        ? `${origin} does not accept the client certificate: it is not of its authority, or has expired`
        : `${origin} demands a client certificate, and none was given (cert and key)`,
  ],
  [/CERT_HAS_EXPIRED|peer certificate: .*Expired/i, ({ origin }) => `the certificate of ${origin} has expired`],
  [/CERT_NOT_YET_VALID|NotValidYet/i, ({ origin }) => `the certificate of ${origin} is not valid yet`],
  [
    /ALTNAME_INVALID|not valid for name|NotValidForName/i,
    ({ origin }) => `the certificate of ${origin} is for another host name`,
  ],
  [
    /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED_CERT|peer certificate: .*UnknownIssuer|CERT_SIGNATURE_FAILURE|BadSignature|CERT_UNTRUSTED|INVALID_CA/i,
    ({ origin }) => `the certificate of ${origin} was signed by an authority that is not trusted here (ca)`,
  ],
  [
    /EPROTO|ERR_SSL_|tls handshake eof|before secure TLS connection|peer certificate/i,
    ({ origin, certified }) =>
      `the TLS handshake with ${origin} failed: it does not speak TLS on this port, or ${
        certified ? 'does not accept the client certificate' : 'demands a client certificate'
      }`,
  ],
]

/** How Deno reports a refused client certificate when it has no time to read the alert; and any other broken connection. */
const hangUp = /connection closed|broken pipe|connection reset/i

/** The failure in words if TLS is at fault: with `notExecuted`, as nothing is carried out before the handshake is done. */
export function readTlsFailure(failure: unknown, attempt: TlsAttempt): unknown {
  const { origin, certified } = attempt
  if (!origin.startsWith('https:')) return failure
  const said = words(failure)
  const [, means] = meanings.find(([pattern]) => pattern.test(said)) ?? []
  if (means !== undefined) {
    const options = { cause: failure, endpoint: origin, retryable: false, notExecuted: true }
    return new UnavailableError(`TLS: ${means(attempt)}`, options)
  }
  if (!hangUp.test(said)) return failure
  const suspicion = certified ? 'does not accept the client certificate' : 'demands a client certificate'
  return new UnavailableError(`TLS: ${origin} closed the connection; if it always does, it ${suspicion}`, {
    cause: failure,
    endpoint: origin,
  })
}

/** Codes and texts of a failure and of what caused it. */
function words(failure: unknown, depth = 5): string {
  if (depth === 0 || typeof failure !== 'object' || failure === null) return ''
  const { code, message, cause } = failure as Record<string, unknown>
  return `${code} ${message}\n${words(cause, depth - 1)}`
}
