import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readText, root } from './source-file.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

const manifest = JSON.parse(readText('package.json')) as Manifest
const lock = JSON.parse(readText('package-lock.json')) as {
  packages: Record<string, { version?: string; resolved?: string }>
}

describe('package.json', () => {
  const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })

  it.each(pins)('pins %s to one version, the one in the lock file', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version)
  })

  it('asks nobody for a peer', () => {
    const demanded = Object.keys(manifest.peerDependencies).filter(
      (name) => !manifest.peerDependenciesMeta[name]?.optional,
    )
    expect(demanded).toEqual([])
  })

  it('leaves it to npm where packages come from', () => {
    const hosts = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined)
    expect(hosts).toEqual([])
  })
})

describe('the exports map', () => {
  const entries = Object.entries(manifest.exports).filter(([entry]) => entry !== './package.json')

  it('has the entry points of ARCHITECTURE.md', () => {
    const doors = ['.', './http-client', './instance', './registry', './resolver', './testing', './worker']
    expect(entries.map(([entry]) => entry)).toEqual(expect.arrayContaining(doors))
  })

  // The first condition that holds wins: types before code, and last what is for everybody.
  it.each(entries)('has code and types behind %s', (_, target) => {
    const conditions = Object.keys(target)
    expect([conditions.at(0), conditions.at(-1)]).toEqual(['types', 'default'])
    for (const path of Object.values(target)) expect(existsSync(join(root, path)), `${path} was built`).toBe(true)
  })
})
