import { useRef } from 'react'
import type { Settings } from '../../../src/contract/index.ts'
import { useSettings } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useInAddress } from '../shell/use-in-address.ts'
import { Icon } from '../ui/icon.tsx'
import { Failure, Loading, PageHeader } from '../ui/states.tsx'
import { AtAGlance } from './at-a-glance.tsx'
import { FeatureList } from './feature-list.tsx'
import { FlowPicture } from './flow-picture.tsx'
import { isOneChoice } from './key-of.ts'
import { NoticeBanners } from './notice-banners.tsx'
import { ProviderChoice } from './provider-choice.tsx'
import { ComingProviders, ProviderList } from './provider-list.tsx'

/** The customer's AI settings. */
export default function SettingsPage() {
  const { t } = useTranslation()
  const [chosen, setEnvironment] = useInAddress('environment')
  const environment = chosen || undefined
  const settings = useSettings(environment)
  // What could not be fetched for one environment leaves the way to the others.
  const last = useRef(settings.data)
  last.current = settings.data ?? last.current
  const head = last.current
  // While another environment is fetched, the one before is there still: it is not shown as what was asked for.
  const shown = environment === undefined || settings.data?.environment === environment ? settings.data : undefined
  return (
    <>
      <PageHeader
        title={t('settings.title')}
        lead={head && t(head.holder === 'user' ? 'settings.leadUser' : 'settings.leadOrg', { org: head.org.name })}
      >
        {head && head.environments.length > 1 && (
          <label className="flex flex-wrap items-center gap-2 text-sm text-muted">
            {t('common.environment')}
            <select
              className="input filter-input w-auto"
              value={environment ?? head.environment}
              onChange={(event) => setEnvironment(event.currentTarget.value)}
            >
              {head.environments.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
      </PageHeader>
      {!shown && !settings.isError && <Loading rows={5} />}
      {settings.isError && !settings.data && <Failure error={settings.error} retry={() => void settings.refetch()} />}
      {shown && <Sections key={shown.environment} settings={shown} />}
    </>
  )
}

function Sections({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <div className="grid gap-3">
        {settings.sandbox && (
          <p className="flex gap-2.5 rounded-xl bg-sunken p-3.5 text-sm">
            <Icon name="info" className="mt-0.5 text-muted" /> <span>{t('settings.sandbox')}</span>
          </p>
        )}
        <NoticeBanners settings={settings} />
        {settings.byok.enabled && !settings.you.canManage && <ReadOnly settings={settings} />}
        <AtAGlance settings={settings} />
      </div>
      {settings.byok.enabled ? (
        <div className="grid gap-4">
          {isOneChoice(settings) ? <ProviderChoice settings={settings} /> : <ProviderList settings={settings} />}
          <ComingProviders settings={settings} />
        </div>
      ) : (
        <NotEnabled settings={settings} />
      )}
      {settings.features.length > 0 && <FeatureList settings={settings} />}
      {settings.byok.enabled && <FlowPicture settings={settings} />}
    </div>
  )
}

/** Who may change keys, for those who may not. */
function ReadOnly({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  return (
    <p className="flex gap-2.5 rounded-xl bg-sunken p-3.5 text-sm" data-testid="read-only">
      <Icon name="lock" className="mt-0.5 text-muted" />
      <span>
        <span className="font-medium">{t('settings.readOnly')}</span>{' '}
        {t('settings.readOnlyWho', { who: settings.managers.map((role) => t(`role.${role}`)).join(', ') })}
      </span>
    </p>
  )
}

/** Own keys are off for this organization: whom to ask. */
function NotEnabled({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const { name, support, aiName } = settings.platform
  const why = settings.byok.code ?? 'not_enabled'
  return (
    <section className="card flex gap-4 p-5" data-testid="byok-disabled">
      <Icon name="lock" className="mt-1 text-muted" />
      <div>
        <h2 className="font-semibold">{t(`settings.notEnabled.${why}.title`)}</h2>
        <p className="text-muted">{t(`settings.notEnabled.${why}.lead`, { name, aiName })}</p>
        {support && (
          <p className="mt-2">
            {t('settings.ask')} <Support who={support} />
          </p>
        )}
      </div>
    </section>
  )
}

/** An address to write to, a page, or just the words of the configuration. */
function Support({ who }: { who: string }) {
  const href = /^https?:\/\//.test(who) ? who : /^[^\s@]+@[^\s@]+$/.test(who) ? `mailto:${who}` : undefined
  if (!href) return <span className="font-medium">{who}</span>
  return (
    <a className="link" href={href} rel="noreferrer">
      {who}
    </a>
  )
}
