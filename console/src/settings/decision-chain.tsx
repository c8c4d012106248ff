import type { ReactNode } from 'react'
import type {
  ExplainedAttempt,
  ExplainedDecision,
  ExplainedSkip,
  Settings,
  SettingsFeature,
} from '../../../src/contract/index.ts'
import { useDecision } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { HostName } from '../ui/host-name.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { Said } from '../ui/said.tsx'
import { Failure, Loading } from '../ui/states.tsx'

interface DecisionChainProps {
  settings: Settings
  feature: SettingsFeature
}

/** The decision as the gateway would make it now: what is passed over, what serves, what stands behind it. */
export function DecisionChain({ settings, feature }: DecisionChainProps) {
  const decision = useDecision({ feature: feature.id, environment: settings.environment }, true)
  if (decision.data && !decision.isError)
    return <Chain decision={decision.data} settings={settings} feature={feature} />
  return (
    <div className="mt-3">
      {decision.error ? <Failure error={decision.error} retry={() => void decision.refetch()} /> : <Loading rows={1} />}
    </div>
  )
}

function Chain({ decision, settings, feature }: DecisionChainProps & { decision: ExplainedDecision }) {
  const { t } = useTranslation()
  const format = useFormat()
  const aiName = settings.platform.aiName
  const nameOf = (id: string) => settings.providers.find((provider) => provider.id === id)?.name ?? id
  const values = { aiName, feature: feature.title }
  const { refusal } = decision
  const facts = refusal?.facts ?? {}
  // Where own keys are off they are so for every provider alike.
  const off = decision.skipped.find(({ code }) => code === 'byok_disabled')
  const own = off ? [off] : decision.skipped.filter(({ source }) => source !== 'platform')
  const platform = decision.skipped.filter(({ source }) => source === 'platform')
  const skip = (one: ExplainedSkip) => (
    <Step
      key={`${one.source}-${one.provider}-${one.code}`}
      kind="skipped"
      title={t(one === off ? 'source.own' : one.source === 'platform' ? 'chain.platform' : 'chain.own', {
        provider: nameOf(one.provider),
        aiName,
      })}
      note={t('chain.skipped')}
    >
      <Said code={`skip.${one.code}`} values={{ ...values, ...one.facts, provider: nameOf(one.provider) }}>
        {one.reason}
      </Said>
    </Step>
  )
  return (
    <ol className="mt-4" data-testid="chain">
      {own.map(skip)}
      {decision.attempts.map((attempt, place) => (
        <AttemptStep
          key={`${attempt.source}-${attempt.provider}-${attempt.host}`}
          attempt={attempt}
          first={place === 0}
          values={values}
        />
      ))}
      {platform.map(skip)}
      {refusal && (
        <Step kind="refused" title={t('chain.refused')} note={<code>{refusal.code}</code>}>
          <Said code={`error.${refusal.code}.message`} values={facts}>
            {refusal.reason}
          </Said>{' '}
          <Said code={`error.${refusal.code}.fix`} values={facts} className="font-medium text-ink">
            {refusal.fix}
          </Said>{' '}
          {refusal.resetsAt && t('quota.resets', { when: format.time(refusal.resetsAt) })}
        </Step>
      )}
    </ol>
  )
}

interface AttemptProps {
  attempt: ExplainedAttempt
  first: boolean
  values: { aiName: string; feature: string }
}

function AttemptStep({ attempt, first, values }: AttemptProps) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Step
      kind={first ? 'serves' : 'behind'}
      title={t(attempt.source === 'platform' ? 'chain.platform' : 'chain.own', {
        provider: attempt.providerName,
        aiName: values.aiName,
      })}
      note={t(first ? 'chain.serves' : 'chain.behind')}
    >
      <Said
        code={`attempt.${attempt.source !== 'platform' ? 'own' : first ? 'platform' : 'behind'}`}
        values={{ ...values, provider: attempt.providerName }}
      >
        {attempt.reason}
      </Said>
      <span className="block">
        {attempt.model && (
          <>
            <code dir="ltr">{attempt.model}</code> ·{' '}
          </>
        )}
        <HostName host={attempt.host} />
        {attempt.region && ` · ${attempt.region}`}
      </span>
      {attempt.credits > 0 && <span className="block">{t('chain.credits', { count: attempt.credits })}</span>}
      {attempt.fallbackOn.length > 0 && (
        <span className="block">
          {t('chain.fallsBack', { errors: format.list(attempt.fallbackOn.map((one) => t(`errorClass.${one}`))) })}
        </span>
      )}
    </Step>
  )
}

const kinds: Record<StepProps['kind'], { icon: IconName; tone: string }> = {
  serves: { icon: 'check', tone: 'bg-accent text-accent-ink' },
  behind: { icon: 'arrow', tone: 'bg-sunken text-ink' },
  skipped: { icon: 'cross', tone: 'bg-sunken text-muted' },
  refused: { icon: 'warning', tone: 'bg-bad-soft text-bad' },
}

interface StepProps {
  kind: 'serves' | 'behind' | 'skipped' | 'refused'
  title: string
  note: ReactNode
  children: ReactNode
}

function Step({ kind, title, note, children }: StepProps) {
  const { icon, tone } = kinds[kind]
  return (
    <li className="group relative flex gap-3 pb-4 last:pb-0" data-step={kind}>
      <span aria-hidden="true" className="absolute start-[0.8rem] top-7 bottom-0 w-px bg-line group-last:hidden" />
      <span className={`grid size-[1.65rem] flex-none place-items-center rounded-full text-sm ${tone}`}>
        <Icon name={icon} />
      </span>
      <div className="min-w-0 text-sm">
        <p className="font-medium">
          {title} <span className="font-normal text-muted">· {note}</span>
        </p>
        <p className="text-muted">{children}</p>
      </div>
    </li>
  )
}
