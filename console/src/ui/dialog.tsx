import { createContext, type ReactNode, useContext, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon } from './icon.tsx'

interface DialogProps {
  title: string
  onClose(): void
  children: ReactNode
  /** While something runs that must not be abandoned. */
  busy?: boolean
}

/** Where a dialog's focus begins: at what is safe to press, else at what is to be filled in. */
const firstPlaces = [
  '[data-first]',
  'form input:checked, form input:not([type=radio]):not(:disabled), form select, form textarea',
]

const BusyContext = createContext<(busy: boolean) => void>(() => undefined)

/** Says from within a dialog that something runs that must not be abandoned. */
export function useBusyDialog(busy: boolean): void {
  const tell = useContext(BusyContext)
  useLayoutEffect(() => tell(busy), [tell, busy])
}

/** The browser's own modal dialog: focus stays inside, Escape closes, focus returns to where it came from. */
export function Dialog({ title, onClose, children, busy: told = false }: DialogProps) {
  const { t } = useTranslation()
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [busyInside, setBusyInside] = useState(false)
  const busy = told || busyInside
  useEffect(() => {
    const dialog = ref.current
    // Inside a shadow root the document knows its host only.
    const place = dialog?.getRootNode()
    const before = place instanceof ShadowRoot ? place.activeElement : document.activeElement
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>(firstPlaces.find((places) => dialog.querySelector(places)) ?? 'button')?.focus()
    return () => {
      dialog?.close()
      // What opened it may be gone with what it did (a removed key's card): `keepFocus` knows where to go on.
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  // A second Escape would close it whatever is said to the first. The key is caught wherever the focus is, from the moment on
  // at which the dialog is seen to be busy.
  useLayoutEffect(() => {
    if (!busy) return
    const hold = (event: KeyboardEvent) => event.key === 'Escape' && event.preventDefault()
    window.addEventListener('keydown', hold, true)
    return () => window.removeEventListener('keydown', hold, true)
  }, [busy])
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        if (!busy) onClose()
      }}
      onClose={({ currentTarget }) => currentTarget.isConnected && onClose()}
      className="m-auto max-h-[92dvh] w-[calc(100vw-1.5rem)] max-w-lg overflow-y-auto rounded-2xl border border-line bg-surface text-ink shadow-over"
    >
      <header className="flex items-start justify-between gap-4 px-5 pt-4 sm:px-6 sm:pt-5">
        <h2 id={titleId} className="text-lg font-semibold">
          {title}
        </h2>
        <button
          type="button"
          className="button button-quiet -me-2 -mt-1"
          onClick={onClose}
          disabled={busy}
          aria-label={t('common.close')}
        >
          <Icon name="cross" />
        </button>
      </header>
      <div className="px-5 pt-2 pb-5 sm:px-6 sm:pb-6">
        <BusyContext value={setBusyInside}>{children}</BusyContext>
      </div>
    </dialog>
  )
}
