import { useState } from 'react'
import { useTranslation } from '../i18n/translation.tsx'

/** Puts a text on the clipboard and says so. Not there where the browser keeps pages from it: without TLS, off this machine. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState<string>()
  if (!navigator.clipboard) return null
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => setCopied(undefined),
    )
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{t(copied === text ? 'shell.copied' : 'shell.copy')}</span>
      <span className="sr-only">{what}</span>
    </button>
  )
}
