import type { LeaseSession, LeaseStatus } from 'etcd-edge/registry'

/** The states that a session tells from now on; they are added as they come. */
export function toldStates<Status extends LeaseStatus>(session: Pick<LeaseSession<Status>, 'subscribe'>): string[] {
  const states: string[] = []
  session.subscribe((event) => event.type === 'state' && states.push(event.state))
  return states
}
