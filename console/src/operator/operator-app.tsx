import { useEffect } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { offeredBy, useConfig, useOrgRecord } from '../api/operator-queries.ts'
import { OrgProvider } from '../api/use-org.tsx'
import { OrgPages } from '../app.tsx'
import { useTranslation } from '../i18n/translation.tsx'
import { useReturn } from '../shell/addresses-left.tsx'
import { applyBrand } from '../shell/apply-brand.ts'
import { orgTabs } from '../shell/org-tabs.ts'
import { Shell } from '../shell/shell.tsx'
import { Icon } from '../ui/icon.tsx'
import { ConfigPage } from './config-page.tsx'
import { HealthPage } from './health-page.tsx'
import { LiveRequestsPage } from './live-requests-page.tsx'
import { OperatorAuditPage } from './operator-audit-page.tsx'
import { OrgsPage } from './orgs-page.tsx'
import { PlatformKeysPage } from './platform-keys-page.tsx'
import { SessionsPage } from './sessions-page.tsx'
import { WebhooksPage } from './webhooks-page.tsx'

/** The operator's console: the platform's own pages, and every organization's pages as its people see them. */
export default function OperatorApp() {
  const { t } = useTranslation()
  const [path] = useLocation()
  const config = useConfig()
  const platform = config.data && offeredBy(config.data).platform
  useEffect(() => {
    if (config.data) applyBrand(offeredBy(config.data).platform.colors)
  }, [config.data])
  const inside = /^\/operator\/orgs\/([^/]+)/.exec(path)?.[1]
  const org = inside && decoded(inside)
  const base = `/operator/orgs/${inside}`
  const tabs = org
    ? orgTabs(t, base, true)
    : [
        { href: '/operator', title: t('operator.orgs.title') },
        { href: '/operator/health', title: t('operator.health.title') },
        { href: '/operator/platform-keys', title: t('operator.keys.title') },
        { href: '/operator/live', title: t('operator.live.title') },
        { href: '/operator/audit', title: t('audit.title') },
        { href: '/operator/webhooks', title: t('operator.webhooks.title') },
        { href: '/operator/sessions', title: t('operator.sessions.title') },
        { href: '/operator/config', title: t('operator.config.title') },
      ]
  return (
    <Shell brand={platform} home="/operator" tabs={tabs}>
      {org ? (
        <OrgProvider org={org} base={base}>
          <OrgHead org={org} />
          <OrgPages base={base} />
        </OrgProvider>
      ) : (
        <Switch>
          <Route path="/operator" component={OrgsPage} />
          <Route path="/operator/health" component={HealthPage} />
          <Route path="/operator/webhooks" component={WebhooksPage} />
          <Route path="/operator/sessions" component={SessionsPage} />
          <Route path="/operator/platform-keys" component={PlatformKeysPage} />
          <Route path="/operator/live" component={LiveRequestsPage} />
          <Route path="/operator/audit" component={OperatorAuditPage} />
          <Route path="/operator/config" component={ConfigPage} />
          <Route>
            <Redirect to="/operator" replace />
          </Route>
        </Switch>
      )}
    </Shell>
  )
}

/** Undefined for what no address is: such a one leads to the list. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** Whose pages the operator is looking at, and the way back. */
function OrgHead({ org }: { org: string }) {
  const { t } = useTranslation()
  const asLeft = useReturn()
  const record = useOrgRecord(org)
  return (
    <p className="mb-6 flex flex-wrap items-center gap-2 rounded-xl bg-sunken px-3.5 py-2.5 text-sm">
      <Icon name="info" className="text-muted" />
      <span>{t('operator.viewing', { org: record.data?.name ?? org, plan: record.data?.plan ?? '…' })}</span>
      <Link href={asLeft('/operator')} className="link ms-auto">
        {t('operator.back')}
      </Link>
    </p>
  )
}
