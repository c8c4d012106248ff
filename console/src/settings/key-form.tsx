import { type SyntheticEvent, useRef, useState } from 'react'
import type { MaskedKey, SavedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { ProblemError } from '../api/problem-error.ts'
import { useKeyActions, useSlotTest } from '../api/settings-queries.ts'
import { useAct } from '../api/use-act.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useBusyDialog } from '../ui/dialog.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Said } from '../ui/said.tsx'
import { useInView } from '../ui/use-in-view.ts'
import { FallbackChoice } from './fallback-choice.tsx'
import { useDraft } from './kept-draft.ts'
import { HostChoice, KeyNotes, ModelChoice, ScopeChoice } from './key-choices.tsx'
import { bodyOf, changesOf, choicesOf, hostChanged, type KeyChoices } from './key-draft.ts'
import { SecretField } from './secret-field.tsx'
import { Checks, TestReport } from './test-report.tsx'

interface KeyFormProps {
  settings: Settings
  provider: SettingsProvider
  /** The key that is replaced or edited. */
  current?: MaskedKey | undefined
  /** `key`: a key is pasted (new or replaced). `edit`: what is chosen beside it changes, the key stays. */
  mode: 'key' | 'edit'
  onDone(saved: SavedKey): void
  onCancel?: () => void
}

/** Paste → test → save, and everything that is chosen beside the key. */
export function KeyForm({ settings, provider, current, mode, onDone, onCancel }: KeyFormProps) {
  const { t } = useTranslation()
  const secret = useRef<HTMLInputElement>(null)
  const [filled, setFilled] = useState(false)
  const [before] = useState(() => choicesOf(settings, provider, current))
  const [choices, setChoices] = useDraft([provider.id, settings.environment, mode], before)
  const actions = useKeyActions({ provider: provider.id, environment: settings.environment })
  // The key that the reader knows of: only this one is replaced without a word.
  const known = useRef(current?.hint)
  const needsKey = mode === 'key' || (current !== undefined && hostChanged(current, choices))
  const pasted = () => secret.current?.value.trim() ?? ''

  const test = useSlotTest({ provider: provider.id, environment: settings.environment }, { saved: false })
  const tryPasted = () => {
    const { model, scope, baseUrl, region } = bodyOf(settings, provider, choices)
    const parts = Object.entries({ model, scope, baseUrl, region }).filter(
      ([, value]) => value !== undefined && value !== null,
    )
    save.reset()
    test.run({ key: pasted(), ...Object.fromEntries(parts) })
  }
  const save = useAct({
    mutationFn: async () => {
      const all = bodyOf(settings, provider, choices)
      const body = current ? changesOf(bodyOf(settings, provider, before), all) : all
      if (mode === 'edit') return actions.change(needsKey ? { key: pasted(), ...body } : body)
      const hint = await actions.hintNow()
      if (hint && hint !== known.current) {
        known.current = hint
        throw new ProblemError({ status: 409, code: 'taken', facts: { hint } })
      }
      return actions.save({ key: pasted(), ...body })
    },
    onSuccess: (saved) => {
      if (secret.current) secret.current.value = ''
      onDone(saved)
    },
  })
  const busy = test.isPending || save.isPending
  // What is on its way to the server is what will be saved: nothing is written over it meanwhile.
  const change = (part: Partial<KeyChoices>) => save.isPending || setChoices((before) => ({ ...before, ...part }))
  useBusyDialog(save.isPending)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (busy || (needsKey && !filled)) return
    test.reset()
    save.mutate()
  }
  const parts = { settings, provider, choices, change }
  const problem = test.error ?? save.error
  const told = problem instanceof ProblemError ? problem : undefined
  const place = useInView(problem)
  return (
    <form className="grid gap-5" onSubmit={submit} autoComplete="off" data-testid="key-form">
      {needsKey && <KeySource provider={provider} />}
      <HostChoice {...parts} />
      {needsKey && (
        <SecretField
          input={secret}
          example={provider.keyExample}
          fixed={save.isPending}
          onChange={(now) => {
            setFilled(now)
            test.reset()
            save.reset()
          }}
        />
      )}
      {mode === 'edit' && needsKey && <p className="text-sm text-muted">{t('keyForm.hostNeedsKey')}</p>}
      <ModelChoice {...parts} />
      <ScopeChoice {...parts} />
      <FallbackChoice {...parts} on={choices.fallback} turn={(fallback) => change({ fallback })} />
      <KeyNotes {...parts} />
      {/* Beside the button that was pressed: on a small screen the key's field is far away. */}
      {(test.data || test.isPending) && (
        <TestReport test={test.data} checks={test.checks} pending={test.isPending} provider={provider.name} />
      )}
      {problem && (
        <div ref={place} className="scroll-my-4">
          <ProblemNote error={problem} />
          {told && told.checks.length > 0 && <Checks checks={told.checks} told={[told.facts['cause']]} />}
        </div>
      )}
      <div className="flex scroll-my-4 flex-wrap items-center justify-end gap-2">
        {onCancel && (
          <button type="button" className="button button-quiet" onClick={onCancel} disabled={save.isPending}>
            {t('common.cancel')}
          </button>
        )}
        {needsKey && (
          <button
            type="button"
            className="button"
            onClick={() => busy || tryPasted()}
            disabled={!filled}
            aria-disabled={busy}
          >
            {t('test.connection')}
          </button>
        )}
        <button type="submit" className="button button-primary" disabled={needsKey && !filled} aria-disabled={busy}>
          {save.isPending && <span className="spinner" />}
          {t('common.save')}
        </button>
      </div>
    </form>
  )
}

/** Where the key is made, and what it must be allowed to do. */
function KeySource({ provider }: { provider: SettingsProvider }) {
  const { t } = useTranslation()
  return (
    <div className="rounded-lg bg-sunken p-3 text-sm">
      {provider.keyPage && (
        <p className="mb-2">
          {t('keyForm.createAt', { provider: provider.name })}{' '}
          <a className="link" href={provider.keyPage} target="_blank" rel="noreferrer noopener" dir="ltr">
            {provider.keyPage.replace(/^https?:\/\//, '')}
          </a>
        </p>
      )}
      {provider.keyNeeds.length > 0 && (
        <>
          <p>{t('keyForm.mustBeAllowed')}</p>
          <ul className="mt-1 list-disc ps-5 text-muted">
            {provider.keyNeeds.map((need, place) => (
              <li key={need}>
                <Said code={`need.${provider.keyNeedCodes[place]}`}>{need}</Said>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
