/** The messages of one answer that is streamed: read one at a time, when the reader of the answer wants one. */
export interface MessageSource {
  /** The next message; waits until there is one. `undefined` is the end. */
  next(): Promise<object | undefined>
  /** Frees what the source holds: no new messages come, those that wait can still be read. */
  close(): void
}

/** A stream whose answers are there as soon as they are asked for. */
export function messagesOf(messages: Iterable<object>): MessageSource {
  const iterator = messages[Symbol.iterator]()
  return {
    next: async () => iterator.next().value as object | undefined,
    close() {},
  }
}
