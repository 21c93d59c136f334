import { costOf, type Peer, prefixOf } from './discovery.ts'
import type { OrderedProcess } from './ordered-process.ts'

/** A subscriber of so many records, which are written first, that has run long enough to count. */
export async function follow(
  url: string,
  writer: OrderedProcess,
  { name, format, start, compilesAsItRuns }: Peer,
  records: number,
): Promise<OrderedProcess> {
  const prefix = prefixOf(format, records)
  await writer.order({ do: 'fill', prefix, format, records })
  const subscriber = start(url)
  const { instances } = await subscriber.order<{ readonly instances: number }>({ do: 'subscribe', prefix })
  if (instances !== records) throw new Error(`${name} has found ${instances} of ${records} instances`)
  // A subscriber lives for weeks, and V8 compiles what has run some thousand times.
  await costOf(subscriber, writer, { format, records, changes: compilesAsItRuns ? 5000 : 50, everyMs: 1 })
  return subscriber
}
