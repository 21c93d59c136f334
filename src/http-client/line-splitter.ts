/** Cuts a stream of bytes into lines, wherever the chunks break it: between lines, inside one, inside a character. */
export interface LineSplitter {
  /** The lines that this chunk completes; blank ones are left out. */
  push(chunk: Uint8Array): string[]
  /** What follows the last newline: the gateway of etcd up to 3.5 ends an error without one. */
  end(): string[]
}

export function createLineSplitter(): LineSplitter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  const take = (text: string, flush: boolean): string[] => {
    const lines = (rest + text).split('\n')
    rest = flush ? '' : (lines.pop() ?? '')
    return lines.filter((line) => line.trim() !== '')
  }
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true }), false),
    end: () => take(decoder.decode(), true),
  }
}
