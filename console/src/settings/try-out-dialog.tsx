import { type SyntheticEvent, useState } from 'react'
import type { Settings, SettingsProvider, TryOut } from '../../../src/contract/index.ts'
import { useTryOut } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { useSaid } from '../ui/said.tsx'
import { ServerText } from '../ui/server-text.tsx'
import { SourceChip } from '../ui/source-chip.tsx'
import { triableFeatures } from './key-of.ts'

interface TryOutDialogProps {
  settings: Settings
  provider?: SettingsProvider
  feature?: string
  onClose(): void
}

/** One real, short request, as the product would send it. */
export function TryOutDialog({ settings, provider, feature, onClose }: TryOutDialogProps) {
  const { t } = useTranslation()
  const tryOut = useTryOut()
  const offered = triableFeatures(settings, provider)
  const [chosen, setChosen] = useState(feature ?? offered[0]?.id ?? '')
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (tryOut.isPending) return
    const prompt = String(new FormData(event.currentTarget).get('prompt') ?? '').trim()
    tryOut.mutate({
      feature: chosen,
      environment: settings.environment,
      // This card's key. Where one provider serves all, asking for another one would leave its key aside.
      ...(provider && settings.choice === 'per_provider' ? { provider: provider.id } : {}),
      ...(prompt ? { prompt } : {}),
    })
  }
  return (
    <Dialog title={t('tryOut.title')} onClose={onClose}>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-muted">{t('tryOut.lead')}</p>
        <Field label={t('common.feature')}>
          {({ id }) => (
            <select id={id} className="input" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
              {offered.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.title}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t('tryOut.prompt')}>
          {({ id }) => (
            <input
              id={id}
              name="prompt"
              dir="auto"
              className="input"
              maxLength={200}
              autoComplete="off"
              placeholder={t('tryOut.example')}
            />
          )}
        </Field>
        <div aria-live="polite">{tryOut.data && <Answer answer={tryOut.data} settings={settings} />}</div>
        {tryOut.error && <ProblemNote error={tryOut.error} />}
        <div className="flex justify-end">
          <button type="submit" className="button button-primary" disabled={!chosen} aria-disabled={tryOut.isPending}>
            {tryOut.isPending && <span className="spinner" />}
            {t('tryOut.send')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Answer({ answer, settings }: { answer: TryOut; settings: Settings }) {
  const { aiName } = settings.platform
  const provider = settings.providers.find(({ id }) => id === answer.provider)?.name ?? answer.provider
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <div
      data-testid="try-out-answer"
      data-ok={answer.ok}
      className={`grid gap-2 rounded-lg p-3 text-sm ${answer.ok ? 'bg-sunken' : 'bg-bad-soft'}`}
    >
      {answer.text !== null && (
        <p className="whitespace-pre-wrap" dir="auto">
          {answer.text}
        </p>
      )}
      {answer.error && (
        <p>
          <code dir="ltr">{answer.error.code}</code> · <Answered error={answer.error} />
        </p>
      )}
      <p className="flex flex-wrap items-center gap-2 text-muted">
        <SourceChip source={answer.keySource} aiName={aiName} />
        {[provider, answer.model, t('common.milliseconds', { value: format.whole(answer.latencyMs) })]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {answer.fallback && (
        <p className="text-warn">{t('tryOut.fellBack', { reason: t(`errorClass.${answer.fallback}`), aiName })}</p>
      )}
    </div>
  )
}

/**
 * A provider's error by its class and in its own words, one of ours by its code and with its remedy. What it names is not known of one
 * that came by way of the gateway: its own words are there, too.
 */
function Answered({ error: { code, detail, facts } }: { error: NonNullable<TryOut['error']> }) {
  const said = useSaid()
  const ours = said(`error.${code}.message`, facts)
  const known = said(`cause.${code}.reason`) ?? (ours && `${ours} ${said(`error.${code}.fix`, facts)}`)
  if (!known) return <ServerText>{detail}</ServerText>
  return (
    <>
      {known} {!facts && <ServerText className="block text-muted">{detail}</ServerText>}
    </>
  )
}
