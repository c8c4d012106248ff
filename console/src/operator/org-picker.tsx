import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrgs } from '../api/operator-queries.ts'

/** The organization that a page of the operator's looks at; the first one until another is chosen. */
export function usePickedOrg() {
  const { t } = useTranslation()
  const orgs = useOrgs('')
  const [chosen, setChosen] = useState<string>()
  const rows = orgs.data?.pages.flatMap(({ items }) => items) ?? []
  const org = rows.find(({ id }) => id === chosen) ?? rows[0]
  const picker = (
    <select
      className="input filter-input w-auto max-w-60"
      aria-label={t('operator.organization')}
      value={org?.id ?? ''}
      onChange={(event) => setChosen(event.currentTarget.value)}
    >
      {rows.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
  return { org, picker, orgs }
}
