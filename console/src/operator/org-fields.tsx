import type { Org } from '../../../src/contract/index.ts'
import type { Titled } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Field } from '../ui/field.tsx'

export const byokChoices = { plan: null, on: true, off: false } as const
type ByokChoice = keyof typeof byokChoices

/** What stands in the form of an organization. */
export interface OrgFields {
  id: string
  name: string
  /** Empty: the first that is offered. */
  plan: string
  addOns: string[]
  byok: ByokChoice
}

export function fieldsOf(org: Org | undefined): OrgFields {
  const byok = org?.byokEnabled == null ? 'plan' : org.byokEnabled ? 'on' : 'off'
  return { id: '', name: org?.name ?? '', plan: org?.plan ?? '', addOns: org?.addOns ?? [], byok }
}

export function fieldsIn(form: HTMLFormElement): OrgFields {
  const written = new FormData(form)
  return {
    id: String(written.get('id') ?? ''),
    name: String(written.get('name')),
    plan: String(written.get('plan')),
    addOns: written.getAll('addOn').map(String),
    byok: String(written.get('byok')) as ByokChoice,
  }
}

export function IdField({ value, isTaken }: { value: string; isTaken: boolean }) {
  const { t } = useTranslation()
  return (
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
          defaultValue={value}
          aria-invalid={isTaken}
          aria-describedby={describedBy}
        />
      )}
    </Field>
  )
}

export function NameField({ value }: { value: string }) {
  const { t } = useTranslation()
  return (
    <Field label={t('operator.orgs.name')}>
      {({ id }) => (
        <input id={id} name="name" className="input" dir="auto" required maxLength={200} defaultValue={value} />
      )}
    </Field>
  )
}

export function PlanField({ value, plans }: { value: string; plans: readonly Titled[] }) {
  const { t } = useTranslation()
  return (
    <Field label={t('operator.orgs.plan')}>
      {({ id }) => (
        <select id={id} name="plan" className="input" defaultValue={value || plans[0]?.id}>
          {plans.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {plan.title}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function AddOnsField({ chosen, addOns }: { chosen: readonly string[]; addOns: readonly Titled[] }) {
  const { t } = useTranslation()
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 text-sm font-medium">{t('operator.orgs.addOns')}</legend>
      {addOns.map((addOn) => (
        <label key={addOn.id} className="flex items-center gap-2.5 wrap-anywhere">
          <input
            type="checkbox"
            name="addOn"
            value={addOn.id}
            defaultChecked={chosen.includes(addOn.id)}
            className="size-4 accent-accent"
          />{' '}
          {addOn.title}
        </label>
      ))}
    </fieldset>
  )
}

export function ByokField({ value }: { value: ByokChoice }) {
  const { t } = useTranslation()
  return (
    <Field label={t('operator.orgs.byok')} hint={t('operator.orgs.byokHint')}>
      {({ id, describedBy }) => (
        <select id={id} name="byok" className="input" aria-describedby={describedBy} defaultValue={value}>
          {(Object.keys(byokChoices) as ByokChoice[]).map((one) => (
            <option key={one} value={one}>
              {t(`operator.orgs.byokChoice.${one}`)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
