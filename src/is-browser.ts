/** Whether requests are subject to CORS and to what a page may see: in a page or in a worker of one. */
export function isBrowser(): boolean {
  const scope = globalThis as { document?: unknown; importScripts?: unknown; WorkerGlobalScope?: unknown }
  return scope.document !== undefined || (scope.WorkerGlobalScope !== undefined && scope.importScripts !== undefined)
}
