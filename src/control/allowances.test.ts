import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'

const config = `
features:
  chat: { title: Chat }
plans:
  standard: { monthlyCredits: 27 }
  larger: { monthlyCredits: 100 }
  none: {}
  endless: { monthlyCredits: 9007199254740991 }
`

describe.each(databaseKinds)('a balance with a month’s credits, on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config })
  })
  afterAll(() => control?.close())

  const grant = (org: string, amount: number) =>
    control.call('POST', `/api/v1/orgs/${org}/credits`, {
      body: { amount, reason: 'Test', idempotencyKey: `${amount} at ${performance.now()}` },
    })
  const told = async (org: string) => ({
    org: (await control.call('GET', `/api/v1/orgs/${org}`)).body.balance,
    list: (await control.call('GET', `/api/v1/orgs?search=${org}`)).body.items[0].balance,
  })
  const settings = async (org: string) =>
    (await control.call('GET', `/api/v1/orgs/${org}/settings`)).body.credits.balance

  it('is the same before the first request as after it', async () => {
    expect((await control.org('early')).body.balance).toBe(27)
    expect(await told('early')).toEqual({ org: 27, list: 27 })
    expect(await settings('early')).toBe(27)
    expect(await told('early')).toEqual({ org: 27, list: 27 })
  })

  it('is told by a grant that comes before the first request', async () => {
    await control.org('granted')
    expect((await grant('granted', 3)).body).toEqual({ balance: 30 })
    expect(await told('granted')).toEqual({ org: 30, list: 30 })
    expect(await settings('granted')).toBe(30)
  })

  it('begins anew with the month, what is owed taken off, before anybody asks for it', async () => {
    await control.org('monthly')
    await grant('monthly', 3)
    await control.database.query(
      `update organizations set allowance_month = allowance_month - interval '1 month', allowance_spent = 20 where id = 'monthly'`,
    )
    expect(await told('monthly')).toEqual({ org: 30, list: 30 })
    await control.database.query(
      `update organizations set balance = 0, allowance_spent = 27, overdrawn = 5 where id = 'monthly'`,
    )
    expect(await told('monthly')).toEqual({ org: 22, list: 22 })
    expect((await grant('monthly', 1)).body).toEqual({ balance: 23 })
  })

  it('loses last month’s credits on a plan that gives none', async () => {
    await control.org('left')
    await grant('left', 2)
    expect((await control.org('left', { plan: 'none' })).body.balance).toBe(29)
    await control.database.query(
      `update organizations set allowance_month = allowance_month - interval '1 month' where id = 'left'`,
    )
    expect(await told('left')).toEqual({ org: 2, list: 2 })
  })

  it('is that of the month on a plan that the organization comes back to, once', async () => {
    await control.org('back')
    await control.org('back', { plan: 'none' })
    await control.database.query(
      `update organizations set allowance_month = date_trunc('month', now(), 'UTC') - interval '1 month', allowance_size = 27, allowance_spent = 20 where id = 'back'`,
    )
    expect((await grant('back', 1)).body).toEqual({ balance: 1 })
    expect((await control.org('back')).body.balance).toBe(28)
    expect((await grant('back', 1)).body).toEqual({ balance: 29 })
    for (const plan of ['none', 'larger', 'standard'])
      expect((await control.org('back', { plan })).body.balance).toBe(29)
    expect(await settings('back')).toBe(29)
  })

  it('is told as far as a number goes, however many credits there are', async () => {
    await control.org('endless', { plan: 'endless' })
    const most = Number.MAX_SAFE_INTEGER
    expect((await grant('endless', 5)).body).toEqual({ balance: most })
    expect(await told('endless')).toEqual({ org: most, list: most })
    expect(await settings('endless')).toBe(most)
    expect((await grant('endless', -5)).body).toEqual({ balance: most })
  })

  it('gives back only what was granted, and says so', async () => {
    await control.org('taken')
    await grant('taken', 3)
    expect((await grant('taken', -4)).body).toMatchObject({
      code: 'balance_too_low',
      fix: 'Take no more than is left of what was granted.',
    })
    expect((await grant('taken', -3)).body).toEqual({ balance: 27 })
  })
})
