import { execa } from 'execa'

/** A process that does what each line on its stdin says, and answers each with one line: both JSON. */
export interface OrderedProcess extends AsyncDisposable {
  /** One at a time. @throws when the process has ended. */
  order<Answer>(what: object): Promise<Answer>
}

export function startOrdered(command: string, args: readonly string[]): OrderedProcess {
  // clientv3 warns of every watch that its own user has ended.
  const env = { ETCD_CLIENT_DEBUG: 'fatal' }
  const child = execa(command, args, { env, stderr: 'inherit', buffer: false, reject: false })
  const answers = child.iterable()
  return {
    async order<Answer>(what: object) {
      child.stdin.write(`${JSON.stringify(what)}\n`)
      const { done, value } = await answers.next()
      if (done) throw new Error(`${command} ${args.join(' ')} has ended instead of answering ${JSON.stringify(what)}`)
      return JSON.parse(value) as Answer
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await child
    },
  }
}
