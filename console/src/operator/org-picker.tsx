import { useDeferredValue, useEffect, useId, useState } from 'react'
import type { Org } from '../../../src/contract/index.ts'
import { useOrgs } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'

interface OrgPickerProps {
  /** The organization's id; empty: all. */
  value: string
  onChange(org: string): void
}

type Named = Pick<Org, 'id' | 'name'>

const labelOf = ({ id, name }: Named) => (name === id ? id : `${name} · ${id}`)

/** One organization, found by a part of its name or id, or all of them. */
export function OrgPicker({ value, onChange }: OrgPickerProps) {
  const { t } = useTranslation()
  const list = useId()
  const [written, write] = useState({ text: value, means: value })
  // The address may have got another organization than what was written last led to.
  const text = written.means === value ? written.text : value
  const search = useDeferredValue(value === '' ? text.trim() : '')
  const { data, isPlaceholderData } = useOrgs(search)
  const found = data?.pages.flatMap(({ items }) => items) ?? []
  const meant = (text: string) => found.find((org) => org.id === text || labelOf(org) === text)?.id ?? ''
  const choose = (text: string, means: string) => {
    write({ text, means })
    onChange(means)
  }
  // An id that was typed in full may be known only when the answer comes.
  const late = value === '' ? meant(text.trim()) : ''
  useEffect(() => {
    if (late === '') return
    write({ text, means: late })
    onChange(late)
  }, [late, text, onChange])
  return (
    <>
      <input
        className="input filter-input w-60"
        type="search"
        dir="auto"
        list={list}
        aria-label={t('operator.organization')}
        aria-invalid={search !== '' && !isPlaceholderData && found.length === 0}
        placeholder={t('operator.allOrgs')}
        autoComplete="off"
        value={text}
        onChange={({ currentTarget: { value } }) => choose(value, meant(value.trim()))}
      />
      <datalist id={list}>
        {found.map((org) => (
          <option key={org.id} value={labelOf(org)} />
        ))}
      </datalist>
    </>
  )
}
