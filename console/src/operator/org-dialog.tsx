import { type SyntheticEvent, useState } from 'react'
import type { Org, PutOrg } from '../../../src/contract/index.ts'
import { offeredBy, orgTaken, useConfig, useOperatorActions, withIds } from '../api/operator-queries.ts'
import { ProblemError } from '../api/problem-error.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useDraft } from '../settings/kept-draft.ts'
import { Dialog } from '../ui/dialog.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { FormButtons } from './form-buttons.tsx'
import {
  AddOnsField,
  ByokField,
  byokChoices,
  fieldsIn,
  fieldsOf,
  IdField,
  NameField,
  PlanField,
} from './org-fields.tsx'

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
          {!org && <IdField value={fields.id} isTaken={isTaken} />}
          <NameField value={fields.name} />
          <PlanField value={fields.plan} plans={plans} />
          {addOns.length > 0 && <AddOnsField chosen={fields.addOns} addOns={addOns} />}
          <ByokField value={fields.byok} />
          {putOrg.error && !isTaken && <ProblemNote error={putOrg.error} />}
          <FormButtons action={t('common.save')} busy={putOrg.isPending} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  )
}
