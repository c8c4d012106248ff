import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { go } from './pages.ts'
import { openStage, paste, textOf } from './stage.ts'

const stage = openStage('agent-builder')
const invalid = 'sk-proj-sandbox-invalid-0000000000000000000000001111'
const good = (end: string) => `sk-proj-sandbox-ok-00000000000000000000000000000000${end}`

/** Sentences that stand there in English, as the page itself marks them. */
const inEnglish = (page: Page, selector: string) =>
  page.locator(`${selector} [lang=en]`).evaluateAll((found) => found.map(({ textContent }) => textContent))

describe('the page before its first script has run', () => {
  it.each([
    ['/zh/settings', 'zh', 'AI 设置'],
    ['/de/operator/health', 'de', 'KI-Einstellungen'],
    ['/en/', 'en', 'AI settings'],
    ['/signin?code=x', 'en', 'AI settings'],
    ['/fr/settings', 'en', 'AI settings'],
  ])('is at %s in the language of the address: %s', async (path, lang, title) => {
    const answer = await fetch(`${stage.server().url}${path}`, { headers: { accept: 'text/html' } })
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const page = await answer.text()
    expect([/<html lang="([^"]+)">/.exec(page)?.[1], /<title>([^<]+)</.exec(page)?.[1]]).toEqual([lang, title])
  })

  it.each([
    ['/de/settings', ['de'], /^Diese Seiten brauchen JavaScript/],
    ['/signin?code=x', ['en', 'zh', 'hi', 'es', 'de'], /^These pages need JavaScript/],
  ])('says at %s, to who runs none, that scripts are needed, in %j', async (path, languages, sentence) => {
    const page = await stage.blank({ javaScriptEnabled: false })
    await page.goto(`${stage.server().url}${path}`)
    const sentences = page.locator('p:visible')
    expect(await Promise.all((await sentences.all()).map((one) => one.getAttribute('lang')))).toEqual(languages)
    expect(await sentences.first().innerText()).toMatch(sentence)
  })
})

describe('what the server says', () => {
  it.each([
    ['de', /springt für|funktioniert nicht/, /kein Guthaben oder Kontingent/, /Der Ersatz ist .* ausgeschaltet/],
    ['zh', /无法使用|正在代替/, /已无额度/, /密钥关闭了后备/],
    ['es', /no funciona|supliendo/, /no tiene crédito/, /El respaldo está desactivado/],
    ['hi', /काम नहीं कर रही|जगह काम कर रहा/, /क्रेडिट या कोटा नहीं बचा/, /विकल्प बंद है/],
  ])('is said in %s: notices, causes, tests and reasons', async (locale, notice, cause, skipped) => {
    const org = `said_${locale}`
    const { api, putOrg, putKey } = stage.server()
    await putOrg(org, { plan: 'hosted' })
    await putKey(org, 'gemini', 'AIzaSyA-sandbox-quota-00000000000001234')
    await api('POST', `/orgs/${org}/try-out`, { feature: 'chat' })
    const page = await stage.visit({ org, locale }, { plan: 'hosted' })
    await page.locator('[data-notice]').first().waitFor()
    await expect.poll(() => textOf(page, '[data-notice]')).toMatch(notice)
    await expect.poll(() => textOf(page, '[data-testid=status-cause]')).toMatch(cause)
    await page.locator('[data-feature=chat] [aria-expanded=false]').click()
    await page.getByTestId('chain').waitFor()
    await expect.poll(() => textOf(page, '[data-testid=chain]')).toMatch(skipped)
    await page.getByTestId('key-card').locator('footer button').first().click()
    await page.locator('[data-testid=test-report] [data-status=quota]').waitFor()
    for (const part of [
      '[data-notice]',
      '[data-testid=status-cause]',
      '[data-testid=chain]',
      '[data-testid=test-report]',
    ])
      expect(await inEnglish(page, part)).toEqual([])
  })

  it('is said of a key that the provider refuses, with what to do', async () => {
    const page = await stage.visit({ org: 'refused_de', locale: 'de' }, { plan: 'hosted' })
    await page.getByRole('button', { name: 'Schlüssel hinzufügen: OpenAI', exact: true }).click()
    await paste(page.locator('[name=provider-secret]'), invalid)
    await page.locator('[name=provider-secret]').fill(invalid)
    await page.getByRole('button', { name: 'Speichern' }).click()
    const note = page.getByRole('dialog').getByRole('alert')
    await note.waitFor()
    await expect
      .poll(() => note.innerText())
      .toMatch(/Der Anbieter akzeptiert diesen Schlüssel nicht.*neuen Schlüssel/s)
    expect(await inEnglish(page, 'dialog [role=alert]')).toEqual([])
  })
})

describe('a sentence of the server’s, in each language, names all that the English one names', () => {
  it.each([
    [
      'de',
      /8\.192[\s\S]*von der Seite des Anbieters nur den Schlüssel/,
      /Umgebung staging, diese Anfrage zu „production“/,
    ],
    ['zh', /8,192[\s\S]*只从提供商的页面/, /环境 staging，而此请求属于“production”/],
    ['es', /8192[\s\S]*Copie solo la clave/, /entorno staging y esta solicitud es de «production»/],
    ['hi', /8,192[\s\S]*केवल कुंजी कॉपी/, /परिवेश staging की है, और यह अनुरोध “production”/],
  ])(
    'in %s: the limit and its remedy, the environment of the key and that of the request',
    async (locale, tooLong, elsewhere) => {
      const org = `exact_${locale}`
      await stage.server().putOrg(org, { plan: 'hosted' })
      await stage.server().api('PUT', `/orgs/${org}/keys/openai`, { key: good('6666'), environment: 'staging' })
      const page = await stage.visit({ org, locale }, { plan: 'hosted' })
      await page.locator('[data-feature=chat] [aria-expanded=false]').click()
      await expect.poll(() => textOf(page, '[data-testid=chain]')).toMatch(elsewhere)
      await page.getByTestId('provider-list').locator('button.button-primary').click()
      const dialog = page.getByRole('dialog')
      await dialog.locator('select').first().selectOption('openai')
      await dialog.locator('[name=provider-secret]').fill(`sk-${'a'.repeat(9_000)}`)
      await dialog.locator('form button[type=submit]').click()
      await expect.poll(() => dialog.getByRole('alert').innerText()).toMatch(tooLong)
      expect(await inEnglish(page, 'dialog [role=alert]')).toEqual([])
    },
  )
})

describe('what the catalogue and the forms say', () => {
  it.each([
    ['de', 'Anbieterschlüssel hinzufügen', /Admin-Schlüssel .* können nicht verwendet werden/, /Schnell und günstig/],
    ['zh', '添加提供商密钥', /不能使用管理员密钥/, /快速且便宜/],
    ['es', 'Añadir clave de proveedor', /Las claves de administración .* no sirven/, /Rápido y económico/],
    ['hi', 'प्रदाता कुंजी जोड़ें', /एडमिन कुंजियाँ .* उपयोग नहीं/, /तेज़ और सस्ता/],
  ])('is said in %s for every provider: what its key needs, and its models', async (locale, add, needs, hint) => {
    const page = await stage.visit({ org: `needs_${locale}`, locale }, { plan: 'hosted' })
    await page.getByTestId('provider-list').locator('button.button-primary').click()
    const dialog = page.getByRole('dialog')
    await expect.poll(() => dialog.getByRole('heading').first().innerText()).toBe(add)
    const choice = dialog.locator('select').first()
    const providers = await choice
      .locator('option')
      .evaluateAll((found) => found.map((one) => one.getAttribute('value')))
    expect(providers.length).toBeGreaterThan(10)
    const said: string[] = []
    for (const provider of providers) {
      await choice.selectOption(provider)
      await dialog.locator('[name=provider-secret]').waitFor()
      said.push(await dialog.innerText())
      expect([provider, ...(await inEnglish(page, 'dialog'))]).toEqual([provider])
      // An endpoint of a customer's own has no page where keys are made.
      expect(await dialog.locator('a[href=""]').count()).toBe(0)
    }
    expect(said.join('\n')).toMatch(needs)
    expect(said.join('\n')).toMatch(hint)
  })

  it('is said of a refused host, and of a field by the name that the form gives it', async () => {
    const page = await stage.visit({ org: 'hosts_de', locale: 'de' }, { plan: 'hosted' })
    await page.getByTestId('provider-list').locator('button.button-primary').click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('select').first().selectOption('azure-openai')
    await dialog.locator('[name=provider-secret]').fill(good('3333'))
    await dialog.getByLabel('Basis-URL').fill('https://10.0.0.1')
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    const note = dialog.getByRole('alert')
    await note.waitFor()
    await expect
      .poll(() => note.innerText())
      .toMatch(/darf nicht verwendet werden[\s\S]*Ihre Adresse ist nicht öffentlich/)
    await dialog.getByLabel('Basis-URL').fill('https://my-resource.openai.azure.com')
    await dialog.locator('summary').click()
    await dialog.getByLabel('Verantwortlich').fill('a\u202Eb')
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    await expect.poll(() => note.innerText()).toMatch(/Verantwortlich: Muss eine Zeile sein, ohne Steuerzeichen/)
    expect(await inEnglish(page, 'dialog [role=alert]')).toEqual([])
  })

  it('is said to the operator: why keys fail, also where only a test has found it', async () => {
    const { putOrg, putKey, api } = stage.server()
    await putOrg('health_hi', { plan: 'hosted', name: 'Health' })
    await putKey('health_hi', 'anthropic', 'sk-ant-api03-sandbox-quota-0000000000000000')
    await api('POST', '/orgs/health_hi/keys/anthropic/test', {})
    const page = await stage.operator()
    await go(page, '/hi/operator/health')
    await expect.poll(() => textOf(page, '[data-failing=health_hi]')).toMatch(/क्रेडिट या कोटा नहीं बचा/)
    expect(await inEnglish(page, 'main')).toEqual([])
  })

  it('is said in the audit log: names and changes of values', async () => {
    const { putOrg, putKey } = stage.server()
    await putOrg('audit_es', { plan: 'hosted' })
    await putKey('audit_es', 'openai', good('4444'))
    await stage.server().api('PATCH', '/orgs/audit_es/keys/openai', { label: 'Nuestra clave' })
    await stage.server().api('POST', '/orgs/audit_es/keys/openai/test', { key: good('5555') })
    const page = await stage.visit({ org: 'audit_es', locale: 'es' }, { plan: 'hosted' })
    await go(page, '/es/audit')
    const log = await textOf(page, 'main ol')
    expect(log).toMatch(/el operador cambió los ajustes de una clave/)
    expect(log).toMatch(/guardada: no resultado: Válida/)
    expect(log).toMatch(/nombre: – → Nuestra clave/)
    expect(log).toMatch(/proveedor: openai/)
  })
})

describe('a replaced key', () => {
  it('FA12 can be put back as long as the plan keeps it, after one question', async () => {
    const { putOrg, putKey } = stage.server()
    await putOrg('back', { plan: 'hosted' })
    await putKey('back', 'openai', good('1111'))
    await putKey('back', 'openai', good('2222'))
    const page = await stage.visit({ org: 'back' }, { plan: 'hosted' })
    const card = page.getByTestId('key-card')
    await expect
      .poll(() => textOf(page, '[data-testid=restorable]'))
      .toMatch(/1111, can be put back until \w+ \d+, \d{4}/)
    await card.getByRole('button', { name: 'Put back' }).click()
    await expect.poll(() => textOf(page, 'dialog')).toMatch(/2222 is deleted here for good/)
    await page.getByRole('dialog').getByRole('button', { name: 'Put back' }).click()
    await page.getByTestId('restorable').waitFor({ state: 'detached' })
    await expect.poll(() => card.locator('header').innerText()).toContain('1111')
  })
})
