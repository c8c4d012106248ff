import { useOrgs } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'

interface OrgPickerProps {
  /** The organization's id; empty: all. */
  value: string
  onChange(org: string): void
}

/** One of the first organizations, or all of them. */
export function OrgPicker({ value, onChange }: OrgPickerProps) {
  const { t } = useTranslation()
  const orgs = useOrgs('')
  return (
    <select
      className="input filter-input w-auto max-w-60"
      aria-label={t('operator.organization')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{t('operator.allOrgs')}</option>
      {orgs.data?.pages
        .flatMap(({ items }) => items)
        .map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
    </select>
  )
}
