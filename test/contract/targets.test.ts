import { expect, test } from 'vitest'
import { missingEtcds } from '../support/etcd-binary.ts'

test('every etcd that the suites are held to is there', () => {
  const missing = missingEtcds()
  const complaint = `NOT RUN on ${missing.join(', ')}: install an etcd on PATH, build the others with "npm run interop:etcd"`
  if (process.env.CI === 'true') expect(missing, complaint).toEqual([])
  if (missing.length > 0) console.warn(complaint)
})
