/**
 * The page's first script, so small that it runs while the others are still on their way. It asks for what a member sees
 * first: the session behind a sign-in link, the settings, and the texts in the likely language.
 */
import type { ExchangedSession } from '../../../src/contract/index.ts'
import { isLocale } from '../i18n/locales.ts'
import { fetchTexts } from '../i18n/texts.ts'
import { wishedLocale } from '../i18n/wished-locale.ts'
import { readSession } from '../session/kept-session.ts'
import { askAhead } from './asked.ts'

const [, first = ''] = window.location.pathname.split('/')
const query = new URLSearchParams(window.location.search)
const code = query.get('code')
const kept = readSession()

fetchTexts(isLocale(first) ? first : wishedLocale(kept?.locale)).catch(() => undefined)
if (first === 'signin' && code) {
  askAhead<ExchangedSession>('/sessions/exchange', { method: 'POST', body: { code } }).then(
    askForSettings,
    () => undefined,
  )
} else if (kept) askForSettings(kept)

function askForSettings({ kind, org, token }: ExchangedSession): void {
  const environment = query.get('environment') ?? undefined
  if (kind === 'member' && org)
    askAhead(`/orgs/${encodeURIComponent(org)}/settings`, { query: { environment } }, token).catch(() => undefined)
}
