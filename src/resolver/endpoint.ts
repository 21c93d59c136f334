/** What an endpoint is given beside its input; go-kit's `context.Context`. */
export interface EndpointOptions {
  /** Aborted when the caller gives up or time is up. */
  readonly signal: AbortSignal
}

/** One remote procedure: it answers or throws. Source: go-kit `endpoint/endpoint.go`. */
export type Endpoint<Input = unknown, Output = unknown> = (
  input: Input,
  options: EndpointOptions,
) => Output | PromiseLike<Output>
