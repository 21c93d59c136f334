// One round of ours, in a process of its own as go-kit's: balancing-round.ts <case> <instances> <operations>. It prints {"nsPerOp":N}.
import { createEndpointer, fixedEndpointer, fixedInstancer, retry, roundRobin } from 'etcd-edge/resolver'

const [, , name = '', instances = '', operations = ''] = process.argv
const set = fixedInstancer(Array.from({ length: Number(instances) }, (_, index) => `10.0.0.1:${index + 1}`))
const nop = async () => ({})

const runs: Readonly<Record<string, () => (count: number) => unknown>> = {
  'pick-list': () => picks(roundRobin(set.snapshot().instances)),
  'pick-instancer': () => picks(roundRobin(set)),
  'pick-endpointer': () => picks(roundRobin(createEndpointer(set, () => ({ endpoint: nop })))),
  retry: () => calls(retry(3, 1000, roundRobin(fixedEndpointer(set.snapshot().instances.map(() => nop))))),
}

function picks(balancer: { pick(): unknown }) {
  return (count: number) => {
    // What nobody looks at may be left out by the compiler.
    let last: unknown
    for (let index = 0; index < count; index++) last = balancer.pick()
    return last
  }
}

function calls(call: (input: unknown) => Promise<unknown>) {
  return async (count: number) => {
    for (let index = 0; index < count; index++) await call(undefined)
  }
}

const run = runs[name]?.()
if (run === undefined) throw new Error(`there is no case "${name}"`)
const count = Number(operations)
await run(count / 10)
const startedAt = performance.now()
await run(count)
console.log(JSON.stringify({ nsPerOp: ((performance.now() - startedAt) * 1e6) / count }))
