import { errorClasses, type Notice, type NoticeKind } from '../contract/index.ts'
import { counted } from '../lib/index.ts'
import { type Policy, publicProviderId } from '../policy/index.ts'
import type { NoticeRow } from './queries/notices.ts'
import { sentencesFor } from './test-key/index.ts'

/** What a notice's sentence can use. */
interface Words {
  provider: string
  aiName: string
  facts: Readonly<Record<string, unknown>>
  count: number
}

interface NoticeText {
  severity: Notice['severity']
  title(words: Words): string
  detail(words: Words): string
  fix(words: Words): string
}

const text = (value: unknown, otherwise: string) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise

/** A day as English writes it; `YYYY-MM-DD` reads differently to everybody. */
const day = (value: unknown) =>
  typeof value === 'string'
    ? new Date(value).toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' })
    : 'its date'

const why = ({ facts }: Words) => sentencesFor(errorClasses.find((known) => known === facts['errorClass']))

/** Kind → the words of it. A kind without a row still shows, in general words. */
const texts: Readonly<Record<NoticeKind, NoticeText>> = {
  fallback_active: {
    severity: 'warning',
    title: ({ provider, aiName }) => `${aiName} is standing in for your ${provider} key`,
    detail: (words) =>
      `${why(words)?.reason ?? 'Your key fails.'} Requests are served by ${words.aiName} until your key works again.`,
    fix: (words) => why(words)?.fix ?? 'Test the key, and replace it if it fails.',
  },
  key_failing: {
    severity: 'critical',
    title: ({ provider }) => `Your ${provider} key does not work`,
    detail: (words) =>
      `${why(words)?.reason ?? 'The provider refuses requests with your key.'} Requests on it fail, because no fallback steps in.`,
    fix: (words) =>
      `${why(words)?.fix ?? 'Paste a new key.'} Turning fallback on serves requests meanwhile, where your plan allows it.`,
  },
  rotation_due: {
    severity: 'warning',
    title: ({ provider }) => `Your ${provider} key is due for rotation`,
    detail: ({ facts }) => `It should be replaced by ${day(facts['rotateBy'])}. It keeps working until you replace it.`,
    fix: () => 'Create a new key at the provider and replace this one; nothing is interrupted.',
  },
  rotation_overdue: {
    severity: 'critical',
    title: ({ provider }) => `Your ${provider} key is past its rotation date`,
    detail: ({ facts }) => `It should have been replaced by ${day(facts['rotateBy'])}. It still works.`,
    fix: () => 'Create a new key at the provider and replace this one; nothing is interrupted.',
  },
  quota_near: {
    severity: 'warning',
    title: ({ facts }) => `Nearly all of ${text(facts['title'] ?? facts['meter'], 'a quota')} is used`,
    detail: ({ facts }) => `${text(facts['used'], 'Most')} of ${text(facts['limit'], 'the limit')} are used.`,
    fix: () => 'Add an own key, or ask an administrator to raise the plan’s limit.',
  },
  quota_reached: {
    severity: 'critical',
    title: ({ facts }) => `${text(facts['title'] ?? facts['meter'], 'A quota')} is used up`,
    detail: ({ facts }) => `The limit of this period is used up: ${text(facts['limit'], '')}.`,
    fix: () => 'Add an own key, or ask an administrator to raise the plan’s limit.',
  },
  cap_near: {
    severity: 'warning',
    title: () => 'A spend cap is nearly reached',
    detail: ({ facts }) =>
      `${text(facts['cap'], 'A cap')}: ${text(facts['spent'], 'most of it')} ${text(facts['currency'], '')} are spent.`,
    fix: () => 'Ask the platform to raise the cap, or wait for the next period.',
  },
  cap_reached: {
    severity: 'critical',
    title: () => 'A spend cap is reached',
    detail: ({ facts }) => `${text(facts['cap'], 'A cap')} is spent; requests that count toward it are refused.`,
    fix: () => 'Ask the platform to raise the cap, or wait for the next period.',
  },
  unpriced: {
    severity: 'warning',
    title: () => 'Some requests have no price',
    detail: ({ facts }) =>
      `Answers of this month by models without a known price: ${text(facts['requests'], 'some')}; spend caps count them as nothing.`,
    fix: () => 'Ask the platform to add the models’ prices to its configuration.',
  },
  currency_uncounted: {
    severity: 'warning',
    title: () => 'Some spending counts toward no spend cap',
    detail: ({ facts }) =>
      `${text(facts['spent'], 'Some')} ${text(facts['currency'], 'of another currency')} were spent; the caps are in ${text(facts['caps'], 'another currency')}, and no exchange rate is set.`,
    fix: ({ facts }) =>
      `Ask the platform to name the rate of ${text(facts['currency'], 'the currency')} under exchangeRates in its configuration, or to set a cap in that currency.`,
  },
  credits_low: {
    severity: 'warning',
    title: () => 'Credits are running low',
    detail: ({ facts }) => `Credits left: ${text(facts['balance'], 'few')}.`,
    fix: () => 'Add credits, or use an own key where that costs less.',
  },
}

const general: NoticeText = {
  severity: 'warning',
  title: ({ provider }) => (provider ? `${provider} needs attention` : 'Something needs attention'),
  detail: ({ count }) => `It happened ${counted(count, 'time')} since it began.`,
  fix: () => 'Look at the AI settings and the latest requests.',
}

/** A notice's severity and sentences by its kind. */
export function noticeWords(kind: string, words: Words): Pick<Notice, 'severity' | 'title' | 'detail' | 'fix'> {
  const { severity, title, detail, fix } = Object.hasOwn(texts, kind) ? texts[kind as NoticeKind] : general
  return { severity, title: title(words), detail: detail(words), fix: fix(words) }
}

export function showNotice(row: NoticeRow, policy: Policy): Notice {
  const provider = row.provider === null ? '' : (policy.providers.get(row.provider)?.name ?? row.provider)
  return {
    id: row.id,
    kind: row.kind,
    ...noticeWords(row.kind, { provider, aiName: policy.aiName, facts: row.facts, count: row.count }),
    provider: row.provider === null ? null : publicProviderId(policy, row.provider),
    keyId: row.key_id,
    facts: row.facts,
    count: row.count,
    openedAt: row.opened_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  }
}
