/** The floor: what a program that knows what it wants would write by hand, and nothing else. */
export interface BareFetch {
  /** A request whose answer is parsed. */
  call(path: string, body: string): Promise<unknown>
}

export function bareFetch(url: string, fetchIt: typeof fetch = fetch): BareFetch {
  return {
    async call(path, body) {
      const response = await fetchIt(`${url}/v3/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      return JSON.parse(await response.text())
    },
  }
}
