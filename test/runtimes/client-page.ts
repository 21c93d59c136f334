// The portable suite in a browser: the page's script, which a test calls by this name.
import { runClientSuite } from './client-suite.ts'

Object.assign(globalThis, { runClientSuite })
