/** PEM: one block, or several one after the other. */
export type Pem = string | Uint8Array

/** There is no option to skip verification. */
export interface TlsFetchOptions {
  /**
   * The authorities that may have signed etcd's certificate (`--trusted-ca-file` of its peers).
   * On Node and Bun these alone are trusted; Deno trusts its own beside them. @default those of the runtime
   */
  readonly ca?: Pem | readonly Pem[]
  /** The client's certificate, for an etcd with `--client-cert-auth`; intermediate ones behind it. Wants `key`. */
  readonly cert?: Pem
  /** The private key of `cert`. */
  readonly key?: Pem
  /** The name that etcd's certificate must have, and SNI. Not on Deno. @default the host of the URL */
  readonly servername?: string
}

/** The options as text, checked. */
export interface TlsOptions {
  readonly ca: readonly string[] | undefined
  readonly client: { readonly cert: string; readonly key: string } | undefined
  readonly servername: string | undefined
}

const names: ReadonlySet<string> = new Set(['ca', 'cert', 'key', 'servername'] satisfies (keyof TlsFetchOptions)[])

/** @throws TypeError that names the option, and never repeats what is in it. */
export function readTlsOptions(options: TlsFetchOptions = {}): TlsOptions {
  const unknown = Object.keys(options).find((name) => !names.has(name))
  if (unknown !== undefined) {
    throw new TypeError(
      `${unknown} is no option of tlsFetch, which has ca, cert, key and servername; certificates are always verified`,
    )
  }
  const { ca, cert, key, servername } = options
  if ((cert === undefined) !== (key === undefined)) throw new TypeError('cert and key must be given together')
  if (servername !== undefined && (typeof servername !== 'string' || servername === '')) {
    throw new TypeError('servername must be a host name')
  }
  const authorities = ca === undefined || isPem(ca) ? ca : [...ca]
  return {
    ca: authorities === undefined ? undefined : [authorities].flat().map((each) => pem(each, 'ca', 'CERTIFICATE')),
    client:
      cert === undefined || key === undefined
        ? undefined
        : { cert: pem(cert, 'cert', 'CERTIFICATE'), key: pem(key, 'key', 'PRIVATE KEY') },
    servername,
  }
}

function isPem(value: unknown): value is Pem {
  return typeof value === 'string' || value instanceof Uint8Array
}

function pem(value: Pem, option: string, block: string): string {
  const text = typeof value === 'string' ? value : new TextDecoder().decode(value)
  if (!/-----BEGIN [A-Z ]+-----/.test(text) || !text.includes(`${block}-----`)) {
    throw new TypeError(`${option} must be PEM that holds a "${block}" block; a path to a file is not read here`)
  }
  return text
}
