import { type SyntheticEvent, useState } from 'react'
import type { Org } from '../../../src/contract/index.ts'
import { useOperatorActions } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useDraft } from '../settings/kept-draft.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { FormButtons } from './form-buttons.tsx'

/** A number as it is written. */
interface Written {
  amount: string
  reason: string
}

function writtenIn(form: HTMLFormElement): Written {
  const written = new FormData(form)
  return { amount: String(written.get('amount')), reason: String(written.get('reason')) }
}

const newKey = () => `console-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`

/** Adds credits, or takes some back, with a reason. Sent twice, it counts once. */
export function CreditsDialog({ org, onClose }: { org: Org; onClose(): void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { grant } = useOperatorActions()
  const [atFirst] = useState(() => ({ amount: '', reason: '', idempotencyKey: newKey() }))
  const [fields, keepFields] = useDraft(['credits', org.id], atFirst)
  const amount = Number(fields.amount)
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { idempotencyKey } = fields
    const { amount, reason } = writtenIn(event.currentTarget)
    grant.mutate({ id: org.id, body: { amount: Number(amount), reason, idempotencyKey } }, { onSuccess: onClose })
  }
  return (
    <Dialog title={t('operator.credits.titleFor', { org: org.name })} onClose={onClose} busy={grant.isPending}>
      <form
        className="grid gap-4"
        onSubmit={submit}
        onInput={({ currentTarget }) => keepFields((before) => ({ ...before, ...writtenIn(currentTarget) }))}
        autoComplete="off"
      >
        <p className="text-muted">
          {t('operator.orgs.balance', { count: org.balance, balance: format.whole(org.balance) })}
        </p>
        <Field
          label={t('operator.credits.amount')}
          hint={
            Number.isInteger(amount) && amount !== 0
              ? t('operator.credits.after', { balance: format.whole(org.balance + amount) })
              : t('operator.credits.amountHint')
          }
        >
          {({ id, describedBy }) => (
            <input
              id={id}
              name="amount"
              type="number"
              step="1"
              className="input"
              required
              aria-describedby={describedBy}
              defaultValue={fields.amount}
            />
          )}
        </Field>
        <Field label={t('operator.credits.reason')}>
          {({ id }) => (
            <input
              id={id}
              name="reason"
              className="input"
              dir="auto"
              required
              maxLength={200}
              defaultValue={fields.reason}
            />
          )}
        </Field>
        {grant.error && <ProblemNote error={grant.error} />}
        <FormButtons
          action={t(amount < 0 ? 'operator.credits.take' : 'operator.credits.add')}
          busy={grant.isPending}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
