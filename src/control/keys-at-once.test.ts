import { describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { startControl } from '../../test/support/start-control.ts'

const config = `
providers: { gemini: { baseUrl: UPSTREAM }, openai: { baseUrl: UPSTREAM } }
plans:
  standard: { holder: user, managers: [owner, admin, member], choice: single, verify: format_only }
`
const people = Array.from({ length: 12 }, (_, at) => `person-${at}`)

describe.each(databaseKinds)('keys of many users at the same moment, on %s', (kind) => {
  it('are saved and removed, each without standing in another’s way', async () => {
    const control = await startControl({ kind, config })
    await control.org('acme')
    const forAll = (method: string, body?: object) =>
      Promise.all(
        people.map(async (user) => {
          const { status } = await control.call(method, `/api/v1/orgs/acme/keys/gemini?user=${user}`, { body })
          return status
        }),
      )
    const notices = () =>
      control.database.query(
        `insert into notices (id, org_id, cause, kind, key_id, facts, count)
         select 'ntc_' || id, org_id, id, 'key_failing', id, '{}', 1 from provider_keys`,
      )
    for (let round = 0; round < 3; round++) {
      expect(new Set(await forAll('PUT', { key: 'AIzaSyD-whatever-of-somebody-00000000000' }))).toEqual(new Set([200]))
      await notices()
      expect(new Set(await forAll('DELETE'))).toEqual(new Set([204]))
    }
    await control.close()
  })
})
