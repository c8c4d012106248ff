import { type ReactNode, useId } from 'react'
import type { Settings } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { HostName } from '../ui/host-name.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { type Flow, flowOf } from './flow-of.ts'

/** How a request flows: where keys are kept, what decides, who receives the data. Drawn from the settings in force. */
export function FlowPicture({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const titleId = useId()
  const flow = flowOf(settings)
  if (flow.hosts.length === 0) return null
  const { name, aiName } = settings.platform
  return (
    <section aria-labelledby={titleId} className="grid gap-3" data-testid="flow">
      <div>
        <h2 id={titleId} className="text-lg font-semibold">
          {t('flow.title')}
        </h2>
        <p className="text-sm text-muted">{t('flow.lead')}</p>
      </div>
      <div className="card grid items-stretch gap-y-0 p-4 md:grid-cols-[minmax(0,1fr)_2.5rem_minmax(0,0.8fr)_2.5rem_minmax(0,1fr)] sm:p-5">
        <Column title={t('flow.storage')}>
          {flow.keys.map((key) => (
            <Node
              key={key.id}
              icon="lock"
              title={t('flow.ownKey', { provider: key.provider })}
              note={<code dir="ltr">{key.hint}</code>}
              tone="own"
            />
          ))}
          {flow.platformKeys && <Node icon="sparkle" title={aiName} note={t('flow.platformKeys', { name })} />}
        </Column>
        <Lines from={flow.keys.length + (flow.platformKeys ? 1 : 0)} to={1} />
        <Column title={t('flow.routing')}>
          <Node icon="route" title={name} note={t('flow.decides', { count: flow.features })} />
        </Column>
        <Lines from={1} to={flow.hosts.length} />
        <Column title={t('flow.providers')}>
          {flow.hosts.map((host) => (
            <Node
              key={host.host}
              icon="cloud"
              title={host.provider}
              note={<HostNote host={host} aiName={aiName} />}
              tone={host.own ? 'own' : 'plain'}
            />
          ))}
        </Column>
      </div>
      <p className="flex gap-2 text-sm text-muted">
        <Icon name="lock" className="mt-0.5" /> {t('flow.encrypted')}
      </p>
    </section>
  )
}

function HostNote({ host, aiName }: { host: Flow['hosts'][number]; aiName: string }) {
  const { t } = useTranslation()
  const whose = [host.own ? t('source.own') : '', host.platform ? aiName : ''].filter(Boolean).join(' + ')
  return (
    <>
      <HostName host={host.host} />
      <span className="block">{[whose, host.region].filter(Boolean).join(' · ')}</span>
    </>
  )
}

function Column({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col">
      <p className="mb-2 text-xs font-medium text-muted">{title}</p>
      <ul className="flex flex-1 flex-col gap-2">{children}</ul>
    </div>
  )
}

interface NodeProps {
  icon: IconName
  title: string
  note: ReactNode
  tone?: 'own' | 'plain'
}

function Node({ icon, title, note, tone = 'plain' }: NodeProps) {
  return (
    <li
      className={`flex flex-1 basis-0 items-center gap-2.5 rounded-lg border px-3 py-2.5 ${tone === 'own' ? 'border-accent-text bg-accent-soft' : 'border-line bg-sunken'}`}
    >
      <Icon name={icon} className={tone === 'own' ? 'text-accent-text' : 'text-muted'} />
      <div className="min-w-0 text-sm">
        <p className="font-medium">{title}</p>
        <div className="text-muted">{note}</div>
      </div>
    </li>
  )
}

/** Curves between two columns whose boxes share the height evenly; one arrow down where the columns are stacked. */
function Lines({ from, to }: { from: number; to: number }) {
  const middle = (place: number, count: number) => ((place + 0.5) / count) * 100
  const pairs =
    from >= to
      ? Array.from({ length: from }, (_, place) => [middle(place, from), 50])
      : Array.from({ length: to }, (_, place) => [50, middle(place, to)])
  return (
    <div aria-hidden="true" className="flex flex-col">
      <span className="grid place-items-center py-1.5 text-muted md:hidden">
        <Icon name="arrow" className="rotate-90 rtl:rotate-90" />
      </span>
      <span className="mb-2 hidden text-xs md:block">&nbsp;</span>
      <svg
        aria-hidden="true"
        className="hidden w-full flex-1 text-line-strong md:block rtl:-scale-x-100"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
      >
        {pairs.map(([start, end]) => (
          <path
            key={`${start}-${end}`}
            d={`M0 ${start} C 50 ${start}, 50 ${end}, 100 ${end}`}
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            vector-effect="non-scaling-stroke"
          />
        ))}
      </svg>
    </div>
  )
}
