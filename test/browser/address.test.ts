import { describe, expect, it } from 'vitest'
import { signIn } from './real-browser.ts'
import { openStage } from './stage.ts'

const stage = openStage('agent-builder')
const plan = { plan: 'hosted' }
const key = (end: string) => `sk-proj-sandbox-ok-00000000000000000000000000000000${end}`

describe('what the operator searched and chose', () => {
  it('is found again by Back, by a reload, by the way back and by the tab', async () => {
    for (const org of ['zebra', 'yak']) await stage.server().putOrg(org, { ...plan, name: `${org} Ltd` })
    const page = await stage.operator()
    const field = page.getByRole('searchbox', { name: 'Search' })
    const isNarrow = async () => {
      await page.locator('[data-org=zebra]').waitFor()
      await page.locator('[data-org=yak]').waitFor({ state: 'detached' })
      expect(await field.inputValue()).toBe('zeb')
    }
    const open = () => page.getByRole('link', { name: 'Open: zebra Ltd' }).click()
    await page.locator('[data-org=yak]').waitFor()
    await field.fill('zeb')
    await isNarrow()
    await open()
    await page.getByTestId('at-a-glance').waitFor()
    await page.goBack()
    await isNarrow()
    await page.reload()
    await isNarrow()
    await open()
    await page.getByRole('link', { name: 'All organizations' }).click()
    await isNarrow()
    await page.getByRole('link', { name: 'Live' }).click()
    await page.getByRole('heading', { level: 1, name: 'Live' }).waitFor()
    await page.getByRole('link', { name: 'Organizations' }).click()
    await isNarrow()
    // The tab of the page that is shown leads to all of it.
    await page.getByRole('link', { name: 'Organizations' }).click()
    await page.locator('[data-org=yak]').waitFor()
    expect(await field.inputValue()).toBe('')
  })

  it('goes with a link: organization, action, period, kind', async () => {
    await stage.server().putOrg('linked', { ...plan, name: 'Linked Ltd' })
    await stage.server().putKey('linked', 'openai', key('1111'))
    const page = await stage.operator()
    const { origin } = new URL(page.url())
    await page.goto(`${origin}/en/operator/audit?org=linked&action=key.`)
    await page.locator('main ol > li').first().waitFor()
    expect(await page.getByLabel('Organization').inputValue()).toBe('linked')
    expect(await page.getByLabel('Action').inputValue()).toBe('key.')
    for (const row of await page.locator('main ol > li').all())
      expect(await row.innerText()).toMatch(/key\.[\s\S]*Linked/)
    await page.getByLabel('Action').fill('no such')
    await page.getByText('Nothing found').waitFor()
    await page.goto(`${origin}/en/operator/health?hours=168`)
    expect(await page.getByLabel('Period').inputValue()).toBe('168')
    await page.getByLabel('Period').selectOption('24')
    await expect.poll(() => new URL(page.url()).search).toBe('')
    await page.goto(`${origin}/en/operator/sessions?kind=nonsense`)
    expect(await page.getByLabel('Kind').inputValue()).toBe('')
    await page.getByText('This one').waitFor()
  })
})

describe('a sign-in link', () => {
  it('works in a tab that still has a session, and shows nothing of the one before', async () => {
    for (const org of ['one', 'other']) await stage.server().putOrg(org, { ...plan, name: `${org} Ltd` })
    const page = await stage.visit({ org: 'one' }, { ...plan, name: 'one Ltd' })
    await signIn(page, stage.server(), { org: 'other', user: 'u_bob' })
    await page.getByText('Whose AI serves other Ltd').waitFor()
    expect(await page.getByText('one Ltd').count()).toBe(0)
  })
})

describe('what a member chose', () => {
  it('is found again: the environment, the outcome and the feature, how usage is drawn', async () => {
    await stage.server().putOrg('mine', plan)
    await stage.server().putKey('mine', 'openai', key('2222'), { environment: 'staging' })
    const page = await stage.visit({ org: 'mine' }, plan)
    await page.getByLabel('Environment').selectOption('staging')
    await page.getByTestId('key-card').waitFor()
    await page.reload()
    await page.getByTestId('key-card').waitFor()
    expect(await page.getByLabel('Environment').inputValue()).toBe('staging')
    const follow = (name: string) => page.getByRole('link', { name }).click()
    await follow('Usage')
    await follow('AI settings')
    await page.getByTestId('key-card').waitFor()
    await follow('Requests')
    await page.getByLabel('Result').selectOption('failed')
    await page.getByLabel('Feature').selectOption('chat')
    await page.reload()
    expect(await page.getByLabel('Result').inputValue()).toBe('failed')
    await expect.poll(() => page.getByLabel('Feature').inputValue()).toBe('chat')
    await page.goto(`${new URL(page.url()).origin}/en/usage?days=7`)
    await page.locator('main h1').waitFor()
    expect(await page.getByLabel('Period').inputValue()).toBe('7')
  })
})

describe('a form that is given up', () => {
  it('leaves nothing of what was typed, from the moment on at which it is gone', async () => {
    await stage.server().putOrg('hasty', plan)
    const page = await stage.visit({ org: 'hasty' }, plan)
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Name, owner, rotation').click()
    await dialog.getByLabel('Name', { exact: true }).fill('Given up')
    const kept = () => page.evaluate('JSON.stringify(sessionStorage)')
    await expect.poll(kept).toContain('Given up')
    const left = await page.evaluate(`(async () => {
      const buttons = [...document.querySelectorAll('dialog button')]
      buttons.find(({ textContent }) => textContent === 'Cancel').click()
      while (document.querySelector('dialog')) await undefined
      return JSON.stringify(sessionStorage)
    })()`)
    expect(left).not.toContain('Given up')
  })
})

describe('another environment that cannot be fetched', () => {
  it('is told, and leaves the way back to the one before', async () => {
    await stage.server().putOrg('places', plan)
    const page = await stage.visit({ org: 'places' }, plan)
    await page.route('**/settings?environment=staging', (route) => route.fulfill({ status: 403, body: '' }))
    const environment = page.getByLabel('Environment')
    await environment.focus()
    await environment.selectOption('staging')
    await page.getByRole('alert').waitFor()
    expect(await page.evaluate('document.activeElement.localName')).toBe('select')
    await environment.selectOption('production')
    await page.getByTestId('at-a-glance').waitFor()
  })
})
