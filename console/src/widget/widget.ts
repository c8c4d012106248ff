/** `/widget.js`: defines `<ownkey-settings>` and `<ownkey-usage>` on a host page. */
import { createElementClass } from './ownkey-element.ts'
import { namePartsByClass } from './parts.ts'
import { tellOfEachLetter } from './small-react.ts'
import { createSheet } from './styles.ts'

const source = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : undefined
const options = { sheet: createSheet(), scriptOrigin: source ? new URL(source).origin : undefined }

tellOfEachLetter()
namePartsByClass()
for (const view of ['settings', 'usage'] as const) {
  const name = `ownkey-${view}`
  // A page that loads the script twice keeps the first.
  if (!customElements.get(name)) customElements.define(name, createElementClass({ ...options, view }))
}
