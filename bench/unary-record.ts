/** The record that the unary benches read and write. */
export const key = '/bench/unary'
export const value: string = 'x'.repeat(100)

export const unaryBodies: Readonly<Record<'get' | 'put', string>> = {
  get: JSON.stringify({ key: btoa(key) }),
  put: JSON.stringify({ key: btoa(key), value: btoa(value) }),
}
