/** What is in the databases of those who run an earlier version has to open in this one: written down here once, never made anew. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryVaultKey } from '../../test/support/canary.ts'
import { type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { verifyAudit } from '../audit/index.ts'
import { parseKeyring } from '../crypto/index.ts'
import { insertDeployment } from '../store/index.ts'
import { checkVaultOpens, ensureOuterLayer, openKey, openOuterLayer, type SealedKey, verifyMasterKey } from './index.ts'

/** Without an id, so that its id is the one that is made of its bytes. */
const keyring = parseKeyring('Jc0G0IvfkguuX7v2X4/4Z7eZDiy7HiymfYksvI0txM4=')

const binding = {
  org: 'acme',
  holder: 'user' as const,
  user: 'u-1',
  provider: 'openai',
  environment: 'production',
  keyId: 'key_1',
  version: 3,
  origin: 'https://api.openai.com',
}
const sealed: SealedKey = stored(
  'T0sBCDc4MjViMjNkp36+2SLyjgqTJyY0MiPnd3Ej6/EPzYMvzfVogYPkrArXVwY3OgTVAnN+Nm+t0xFFOxKyCU2FvhedvwYSr2SiSxgPqWnWX/4WSfz46RbcZsRgqbydCvFFe8pGoCw1iWl6Ddz3kY5Ui74uVLk3oTJANt6e90Z1lJYyFa6DBBHe',
)
const layered: SealedKey = stored(
  'T1ABCDc4MjViMjNkwwwECQECQHAN9+lEGsbSuwFWBUMH+U4nC7AzzN/QnRLH28GHz6I3ysMMTCmh6hytcbmVByIFESpqa1bCzTxOl9V1WEur3nzKeuFitgDgfLk514BQXZ8SAJT1Cv8SJHNWJjrn+eqGOA9eCd+Z91/tXRmCdTXydeIWcs1T5GFG2F1oPUE0QTz7xZlCDlTBFwJq7m6eagR1/HjkKPw/8vgAUACgLb11ZtsFP5lmqyu3f7pcz/ZFQhquyuy52Dzwcrm0Auh/m2RouOxf7JM=',
)
const deployment = {
  master_check: bytes(
    'T0sBCDc4MjViMjNkEIFhvriVMIQgy1zUCxABygvwMeOGQnY4EiWadPLOXuXFGEW7N7An5YWu7wbUpSV6xuxOdE8d1eh6GfWvIahlYu1qCrRXN7r49h34+bWdRK7cGHE2btyip0lF7Vs+7QA7WiFIRJDqx8DcmfNj9/s8DnitHCea4kS7y8cJNDXE2Bdja2hXzj4R0FTg38ZgOt2+xwgdCZY=',
  ),
  audit_key: bytes(
    'T0sBCDc4MjViMjNkk7NQKO2LutrXYOQFvM7ItWF1gQs3lDG+kPbElCT+mnuYB5mvGNQKFdfRlt9bMv9MmfhDY9tN+yI9DQ+WQbBd+OzMd09ZIntOVRdRJIVqUZgXS6pLZ3Reeiko0oYPSYwdEK6GUrOJTyQn8s8ARGriE+9O/l5huJX3',
  ),
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

function stored(text: string): SealedKey {
  return { binding, envelope: bytes(text) }
}

test('a key that an earlier version stored opens', () => {
  expect(openKey(keyring, sealed).reveal()).toBe(canaryVaultKey)
})

describe('a database that an earlier version made', () => {
  let opened: OpenTestDatabase
  beforeAll(async () => {
    opened = await openTestDatabase('postgres')
  })
  afterAll(() => opened.remove())

  test('is known by its master key, and its audit log can be read', async () => {
    const { database } = opened
    await insertDeployment(database, deployment)
    await verifyMasterKey({ database, keyring })
    await checkVaultOpens({ database, keyring })
    expect(await verifyAudit({ database, keyring })).toMatchObject({ intact: true })
  })

  test('takes off the outer layer that was around a key', async () => {
    const { database } = opened
    await ensureOuterLayer(database)
    const [bare] = await openOuterLayer({ database, keyring }, [layered])
    expect(openKey(keyring, bare as SealedKey).reveal()).toBe(canaryVaultKey)
  })
})
