import { type SyntheticEvent, useState } from 'react'
import type { Org, PutOrg } from '../../../src/contract/index.ts'
import { offeredBy, orgTaken, useConfig, useOperatorActions, withIds } from '../api/operator-queries.ts'
import { ProblemError } from '../api/problem-error.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useDraft } from '../settings/kept-draft.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Failure, Loading } from '../ui/states.tsx'

const byokChoices = { plan: null, on: true, off: false } as const

/** The form's fields. */
interface OrgFields {
  id: string
  name: string
  /** Empty: the first that is offered. */
  plan: string
  addOns: string[]
  byok: keyof typeof byokChoices
}

function fieldsOf(org: Org | undefined): OrgFields {
  const byok = org?.byokEnabled == null ? 'plan' : org.byokEnabled ? 'on' : 'off'
  return { id: '', name: org?.name ?? '', plan: org?.plan ?? '', addOns: org?.addOns ?? [], byok }
}

function fieldsIn(form: HTMLFormElement): OrgFields {
  const written = new FormData(form)
  return {
    id: String(written.get('id') ?? ''),
    name: String(written.get('name')),
    plan: String(written.get('plan')),
    addOns: written.getAll('addOn').map(String),
    byok: String(written.get('byok')) as OrgFields['byok'],
  }
}

/** Creates an organization or changes its name, plan, add-ons and whether own keys are enabled. */
export function OrgDialog({ org, onClose }: { org?: Org; onClose(): void }) {
  const { t } = useTranslation()
  const config = useConfig()
  const { putOrg } = useOperatorActions()
  const [atFirst] = useState(() => fieldsOf(org))
  const [fields, keepFields] = useDraft(['org', org?.id ?? ''], atFirst)
  const offered = config.data && offeredBy(config.data)
  // What the organization has already stays in the form, though a newer configuration does not know it: saving must not take it away.
  const plans = withIds(offered?.plans ?? [], org ? [org.plan] : [])
  const addOns = withIds(offered?.addOns ?? [], org?.addOns ?? [])
  const isTaken = putOrg.error instanceof ProblemError && putOrg.error.code === orgTaken
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { id, name, plan, addOns, byok } = fieldsIn(event.currentTarget)
    const body: PutOrg = { name, plan, addOns, byokEnabled: byokChoices[byok] }
    putOrg.mutate({ id: org?.id ?? id.trim(), body, before: org }, { onSuccess: onClose })
  }
  return (
    <Dialog
      title={org ? t('operator.orgs.editFor', { org: org.name }) : t('operator.orgs.new')}
      onClose={onClose}
      busy={putOrg.isPending}
    >
      {config.isPending && <Loading />}
      {config.isError && <Failure error={config.error} />}
      {offered && (
        <form
          className="grid gap-4"
          onSubmit={submit}
          onInput={(event) => keepFields(fieldsIn(event.currentTarget))}
          autoComplete="off"
        >
          {!org && (
            <Field
              label={t('operator.orgs.org')}
              hint={t('operator.orgs.orgHint')}
              error={isTaken ? t('operator.orgs.taken') : undefined}
            >
              {({ id, describedBy }) => (
                <input
                  id={id}
                  name="id"
                  className="input"
                  dir="ltr"
                  required
                  maxLength={128}
                  defaultValue={fields.id}
                  aria-invalid={isTaken}
                  aria-describedby={describedBy}
                />
              )}
            </Field>
          )}
          <Field label={t('operator.orgs.name')}>
            {({ id }) => (
              <input
                id={id}
                name="name"
                className="input"
                dir="auto"
                required
                maxLength={200}
                defaultValue={fields.name}
              />
            )}
          </Field>
          <Field label={t('operator.orgs.plan')}>
            {({ id }) => (
              <select id={id} name="plan" className="input" defaultValue={fields.plan || plans[0]?.id}>
                {plans.map((plan) => (
                  <option key={plan.id} value={plan.id}>
                    {plan.title}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {addOns.length > 0 && (
            <fieldset className="grid gap-1.5">
              <legend className="mb-1 text-sm font-medium">{t('operator.orgs.addOns')}</legend>
              {addOns.map((addOn) => (
                <label key={addOn.id} className="flex items-center gap-2.5 wrap-anywhere">
                  <input
                    type="checkbox"
                    name="addOn"
                    value={addOn.id}
                    defaultChecked={fields.addOns.includes(addOn.id)}
                    className="size-4 accent-accent"
                  />{' '}
                  {addOn.title}
                </label>
              ))}
            </fieldset>
          )}
          <Field label={t('operator.orgs.byok')} hint={t('operator.orgs.byokHint')}>
            {({ id, describedBy }) => (
              <select id={id} name="byok" className="input" aria-describedby={describedBy} defaultValue={fields.byok}>
                {(['plan', 'on', 'off'] as const).map((one) => (
                  <option key={one} value={one}>
                    {t(`operator.orgs.byokChoice.${one}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {putOrg.error && !isTaken && <ProblemNote error={putOrg.error} />}
          <div className="flex justify-end gap-2">
            <button type="button" className="button button-quiet" onClick={onClose} disabled={putOrg.isPending}>
              {t('common.cancel')}
            </button>
            <button type="submit" className="button button-primary" aria-disabled={putOrg.isPending}>
              {putOrg.isPending && <span className="spinner" />}
              {t('common.save')}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
