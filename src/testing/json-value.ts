/**
 * A JSON value with what `JSON.parse` loses and the gateways look at: the spelling of numbers and repeated members.
 */
export type JsonValue =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly items: readonly JsonValue[] }
  | { readonly type: 'object'; readonly members: readonly JsonMember[] }

export interface JsonMember {
  readonly name: string
  readonly value: JsonValue
}

/**
 * Reads the JSON values of a request body one after the other, as Go's `json.Decoder` does: values need no separator,
 * and what follows the last value that is asked for is never looked at.
 */
export class JsonReader {
  readonly #space = /[ \t\r\n]*/y
  readonly #number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
  readonly #word = /true|false|null/y
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /**
   * The next value; `undefined` at the end of the text.
   *
   * @throws SyntaxError with the text of Go's `encoding/json`.
   */
  next(): JsonValue | undefined {
    this.#skip(this.#space)
    return this.#at === this.#text.length ? undefined : this.#value()
  }

  #value(): JsonValue {
    const start = this.#peek()
    if (start === '{') return this.#object()
    if (start === '[') return this.#array()
    if (start === '"') return { type: 'string', value: this.#string() }
    const literal = this.#skip(this.#word)
    if (literal === 'null') return { type: 'null' }
    if (literal !== '') return { type: 'bool', value: literal === 'true' }
    const digits = this.#skip(this.#number)
    return digits === '' ? this.#fail('looking for beginning of value') : { type: 'number', text: digits }
  }

  #object(): JsonValue {
    const members: JsonMember[] = []
    this.#at++
    while (this.#peek() !== '}') {
      if (members.length > 0) this.#expect(',', 'after object key:value pair')
      if (this.#peek() !== '"') this.#fail('looking for beginning of object key string')
      const name = this.#string()
      this.#expect(':', 'after object key')
      members.push({ name, value: this.#value() })
    }
    this.#at++
    return { type: 'object', members }
  }

  #array(): JsonValue {
    const items: JsonValue[] = []
    this.#at++
    while (this.#peek() !== ']') {
      if (items.length > 0) this.#expect(',', 'after array element')
      items.push(this.#value())
    }
    this.#at++
    return { type: 'array', items }
  }

  #string(): string {
    const start = this.#at
    // By hand: a regular expression with an alternative per escape runs out of stack on values of some megabytes.
    for (let end = this.#text.indexOf('"', start + 1); end > 0; end = this.#text.indexOf('"', end + 1)) {
      if (this.#isEscaped(end)) continue
      this.#at = end + 1
      return JSON.parse(this.#text.slice(start, end + 1))
    }
    throw new SyntaxError('unexpected EOF')
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0
    while (this.#text[quote - 1 - backslashes] === '\\') backslashes++
    return backslashes % 2 === 1
  }

  #peek(): string | undefined {
    this.#skip(this.#space)
    return this.#text[this.#at]
  }

  #expect(character: string, where: string): void {
    if (this.#peek() !== character) this.#fail(where)
    this.#at++
  }

  #skip(token: RegExp): string {
    token.lastIndex = this.#at
    const [found = ''] = token.exec(this.#text) ?? []
    this.#at += found.length
    return found
  }

  #fail(where: string): never {
    const character = this.#peek()
    throw new SyntaxError(character === undefined ? 'unexpected EOF' : `invalid character '${character}' ${where}`)
  }
}
