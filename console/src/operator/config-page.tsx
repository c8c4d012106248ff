import type { ConfigInForce } from '../../../src/contract/index.ts'
import { useConfig } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon } from '../ui/icon.tsx'
import { useSaid } from '../ui/said.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { ServerText } from '../ui/server-text.tsx'
import { Failure, Loading, PageHeader } from '../ui/states.tsx'

/** The configuration in force, with every default filled in and what should be looked at. */
export function ConfigPage() {
  const { t } = useTranslation()
  const config = useConfig()
  return (
    <>
      <PageHeader title={t('operator.config.title')} lead={t('operator.config.lead')} />
      {config.isPending && <Loading rows={5} />}
      {config.isError && <Failure error={config.error} retry={() => void config.refetch()} />}
      {config.data && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {config.data.warnings.length === 0 ? (
            <p className="flex gap-2.5 rounded-xl bg-good-soft p-3.5 text-sm text-good">
              <Icon name="check" className="mt-0.5" /> {t('operator.config.noWarnings')}
            </p>
          ) : (
            <ul className="grid gap-2">
              {config.data.warnings.map((warning, place) => (
                <li key={warning} className="flex gap-2.5 rounded-xl bg-warn-soft p-3.5 text-sm">
                  <Icon name="warning" className="mt-0.5 text-warn" />{' '}
                  <Warning warned={config.data.warned[place]}>{warning}</Warning>
                </li>
              ))}
            </ul>
          )}
          <p className="text-sm text-muted">
            {t('operator.config.version', { version: config.data.version })} ·{' '}
            {t(config.data.sandbox ? 'operator.config.sandboxOn' : 'operator.config.sandboxOff')}
          </p>
          {Object.entries(config.data.config).map(([name, part]) => (
            <details key={name} className="card" open={name === 'platform'}>
              <summary className="px-4 py-3 font-medium sm:px-5">
                <code>{name}</code>
              </summary>
              <ScrollRegion label={name} className="border-t border-line p-4  sm:px-5">
                <pre dir="ltr" className="text-start text-sm">
                  {JSON.stringify(part, null, 2)}
                </pre>
              </ScrollRegion>
            </details>
          ))}
        </div>
      )}
    </>
  )
}

interface WarningProps {
  warned: ConfigInForce['warned'][number] | undefined
  /** The server's own words, place and all. */
  children: string
}

function Warning({ warned, children }: WarningProps) {
  const said = useSaid()
  const [message, fix] = ['message', 'fix'].map((part) => said(`warning.${warned?.code}.${part}`, warned?.facts))
  if (!warned || !message) return <ServerText>{children}</ServerText>
  return (
    <span>
      <code dir="ltr">{warned.place}</code> {message} {fix}
    </span>
  )
}
