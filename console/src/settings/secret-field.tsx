import { type ClipboardEvent, type RefObject, useState } from 'react'
import { useTranslation } from '../i18n/translation.tsx'
import { Field } from '../ui/field.tsx'

interface SecretFieldProps {
  /** The key lives in this element only, and goes with it. */
  input: RefObject<HTMLInputElement | null>
  example: string | null
  /** It is being saved. */
  fixed: boolean
  onChange(filled: boolean): void
}

/**
 * Where a key is pasted. It is no password field, and says so to password managers, so that none offers to keep it.
 * What surrounds the key is cut off and said; an Ownkey token is told apart at once.
 */
export function SecretField({ input, example, fixed, onChange }: SecretFieldProps) {
  const { t } = useTranslation()
  const [removed, setRemoved] = useState(0)
  const [mistaken, setMistaken] = useState(false)

  const look = (value: string) => {
    const isToken = /^ok[ts]_/.test(value.trim())
    setMistaken(isToken)
    onChange(value.trim() !== '' && !isToken)
  }
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const pasted = event.clipboardData.getData('text')
    const clean = pasted.replace(/[\s\u200B\uFEFF]+/g, '')
    if (clean === pasted || !clean || fixed) return
    event.preventDefault()
    event.currentTarget.value = clean
    setRemoved(pasted.length - clean.length)
    look(clean)
  }
  return (
    <Field
      label={t('keyForm.key')}
      hint={
        removed > 0 ? <span role="status">{t('keyForm.spacesRemoved', { count: removed })}</span> : t('keyForm.keyHint')
      }
      error={mistaken ? t('keyForm.ownkeyToken') : undefined}
    >
      {({ id, describedBy }) => (
        <input
          ref={input}
          id={id}
          name="provider-secret"
          data-first=""
          type="text"
          className="input secret"
          placeholder={example ?? ''}
          readOnly={fixed}
          autoComplete="off"
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          dir="ltr"
          data-1p-ignore=""
          data-lpignore="true"
          data-bwignore="true"
          data-form-type="other"
          aria-describedby={describedBy}
          aria-invalid={mistaken}
          onPaste={paste}
          onChange={(event) => {
            setRemoved(0)
            look(event.currentTarget.value)
          }}
        />
      )}
    </Field>
  )
}
