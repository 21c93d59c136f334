import { goldenAddresses } from './golden-addresses.ts'
import { goldenRecords } from './golden-records.ts'
import type { Golden } from './golden-row.ts'

export { type Golden, lease } from './golden-row.ts'

/** Of every format. */
export const golden: readonly Golden[] = [...goldenAddresses, ...goldenRecords]
