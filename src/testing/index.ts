export type { SimulatedFailure } from './fault-switches.ts'
export { etcdHandlers } from './handlers.ts'
export { createEtcdSimulator, type EtcdSimulator, type EtcdSimulatorOptions } from './simulator.ts'
export type { TokenKind } from './token-book.ts'
