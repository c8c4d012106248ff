import type { Translate } from '../i18n/translation.tsx'
import type { Tab } from './shell.tsx'

/** The pages of one organization; the audit trail is for those who manage. */
export function orgTabs(t: Translate, base: string, canAudit: boolean): Tab[] {
  return [
    { href: `${base}/settings`, title: t('settings.title') },
    { href: `${base}/usage`, title: t('usage.title') },
    { href: `${base}/requests`, title: t('requests.title') },
    ...(canAudit ? [{ href: `${base}/audit`, title: t('audit.title') }] : []),
  ]
}
