import { describe, expect, test } from 'vitest'
import { checkFile, providerIdsIn } from './import-rules.ts'

const rules = { providerIds: new Set(['openai', 'gemini']) }
const sentences = (path: string, text: string) => checkFile(path, text, rules).map((breach) => breach.sentence)

describe('import rules', () => {
  test('let a folder import what stands below it, through its index.ts', () => {
    expect(sentences('gateway/serve.ts', `import { decide } from '../policy/index.ts'`)).toEqual([])
  })

  test('refuse an import against the direction, types included', () => {
    expect(sentences('policy/decide.ts', `import type { Gateway } from '../gateway/index.ts'`)).toEqual([
      'src/policy may import src/lib, src/contract, src/config, src/providers.',
    ])
  })

  test('refuse reaching past the index.ts of another folder, re-exports and dynamic imports too', () => {
    const sentence = 'From another folder only its index.ts is imported.'
    expect(sentences('gateway/a.ts', `import { decide } from '../policy/decide.ts'`)).toEqual([sentence])
    expect(sentences('gateway/a.ts', `export * from '../policy/decide.ts'`)).toEqual([sentence])
    expect(sentences('gateway/a.ts', `await import('../policy/decide.ts')`)).toEqual([sentence])
  })

  test('keep process.env in the server', () => {
    expect(sentences('vault/a.ts', 'const port = process.env.PORT')).toEqual([
      'process.env is read only in src/server.',
    ])
    expect(sentences('server/a.ts', 'const port = process.env.PORT')).toEqual([])
  })

  test('keep the disk, drivers, vendor SDKs and the command line in their folders', () => {
    expect(sentences('policy/a.ts', `import { readFileSync } from 'node:fs'`)).toHaveLength(1)
    expect(sentences('gateway/a.ts', `import pg from 'pg'`)).toHaveLength(1)
    expect(sentences('providers/a.ts', `import OpenAI from 'openai'`)).toHaveLength(1)
    expect(sentences('server/a.ts', `import { Command } from 'commander'`)).toHaveLength(1)
    expect(sentences('store/a.ts', `import pg from 'pg'\nimport { readFileSync } from 'node:fs'`)).toEqual([])
  })

  test('keep Node out of what browsers load', () => {
    expect(sentences('contract/a.ts', `import { createHash } from 'node:crypto'`)).toHaveLength(1)
  })

  test('find a provider compared by id, and leave dialects alone', () => {
    expect(sentences('gateway/a.ts', `if (provider.id === 'gemini') go()`)).toHaveLength(1)
    expect(sentences('gateway/a.ts', `switch (id) { case 'openai': go() }`)).toHaveLength(1)
    expect(sentences('gateway/a.ts', `if (provider.dialect === 'openai') go()`)).toEqual([])
    expect(sentences('providers/a.ts', `if (id === 'gemini') go()`)).toEqual([])
  })

  test('see through comments and strings', () => {
    expect(sentences('vault/a.ts', `// process.env.PORT\nconst text = "import pg from 'pg'"`)).toEqual([])
  })

  test('know the ids from the catalogue', () => {
    expect(providerIdsIn([`  id: 'openai',\n  id: 'eleven_labs',\n  model: 'x'`])).toEqual(
      new Set(['openai', 'eleven_labs']),
    )
  })
})
