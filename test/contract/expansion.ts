/** The variables of a running case: saved ones, `p` (a prefix of its own) and `lease` (an id of its own). */
export type Variables = Map<string, string>

export function newVariables(): Variables {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return new Map([
    ['p', `case-${random.toString(36)}/`],
    ['lease', String(random + 1_000_000_000)],
  ])
}

/**
 * Replaces `${name}` and `${name+1}` in all strings of a value; after that `b64:text` is the text in base64 and
 * `$zeros:n` are n zero bytes in base64.
 */
export function expand(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return expandText(value, variables)
  if (Array.isArray(value)) return value.map((item) => expand(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, expand(item, variables)]))
}

function expandText(text: string, variables: Variables): string {
  const expanded = text.replace(/\$\{(\w+)([+-]\d+)?\}/g, (_match, name: string, offset?: string) => {
    const value = variables.get(name) ?? ''
    return offset ? String(BigInt(value) + BigInt(offset)) : value
  })
  if (expanded.startsWith('b64:')) return Buffer.from(expanded.slice(4), 'latin1').toString('base64')
  if (expanded.startsWith('$zeros:')) return Buffer.alloc(Number(expanded.slice(7))).toString('base64')
  return expanded
}
