export interface BenchOptions {
  /** A real etcd that nobody else uses. */
  readonly url: string
  readonly rounds: number
}
