import { createWorker } from './worker.ts'

/** What Cloudflare runs: `main` of wrangler.toml. */
export default createWorker()
