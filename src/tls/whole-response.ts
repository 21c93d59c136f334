const utf8 = new TextDecoder()

/** What a `Response` is made of. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: [string, string][]
  readonly chunks: readonly Uint8Array[]
}

/**
 * The `Response` of an answer that has arrived whole. It is read as text nearly always, and then it needs neither a stream
 * nor `Headers`, which together cost more than the request did: those are made when they are asked for.
 */
export class WholeResponse extends Response {
  readonly #answer: WholeAnswer
  #full: Response | undefined
  #isRead = false

  constructor(answer: WholeAnswer) {
    super(null, { status: answer.status })
    this.#answer = answer
  }

  /** The same, as the runtime makes it. */
  get #whole(): Response {
    const { status, headers, chunks } = this.#answer
    this.#full ??= new Response(this.#isRead || !mayHaveBody(status) ? null : joined(chunks), { status, headers })
    return this.#full
  }

  override get headers(): Headers {
    return this.#whole.headers
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#whole.body
  }

  override get bodyUsed(): boolean {
    return this.#isRead || (this.#full?.bodyUsed ?? false)
  }

  override async text(): Promise<string> {
    if (this.#full !== undefined) return this.#unread.text()
    this.#refuseSecondReading()
    this.#isRead = true
    const [first, ...rest] = this.#answer.chunks
    return utf8.decode(rest.length === 0 ? first : joined(this.#answer.chunks))
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#unread.arrayBuffer()
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#unread.bytes()
  }

  override async blob(): Promise<Blob> {
    return this.#unread.blob()
  }

  override async formData(): Promise<FormData> {
    return this.#unread.formData()
  }

  override clone(): Response {
    return this.#unread.clone()
  }

  get #unread(): Response {
    this.#refuseSecondReading()
    return this.#whole
  }

  #refuseSecondReading(): void {
    if (this.#isRead) throw new TypeError('Body is unusable: Body has already been read')
  }
}

/** `Response` refuses a body with these. */
const mayHaveBody = (status: number): boolean => status !== 204 && status !== 205 && status !== 304

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
