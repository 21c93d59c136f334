/** What a token may be given: `read`, `write:<glob of service names>`, `etcd:read`, `admin`. */
export const scopePattern: RegExp = /^(?:read|admin|etcd:read|write:\S+)$/

/** Whether a token with these scopes may do what needs this one. `admin` covers everything; writing does not cover reading. */
export function covers(granted: readonly string[], needed: string): boolean {
  return granted.some((scope) => scope === 'admin' || scope === needed || coversWrite(scope, needed))
}

function coversWrite(scope: string, needed: string): boolean {
  if (!scope.startsWith('write:') || !needed.startsWith('write:')) return false
  return matchesGlob(scope.slice('write:'.length), needed.slice('write:'.length))
}

/** `*` stands for any characters, also none; everything else for itself. Takes time linear in the text for each star. */
function matchesGlob(glob: string, text: string): boolean {
  const [first = '', ...others] = glob.split('*')
  const last = others.pop()
  if (last === undefined) return glob === text
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of others) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}
