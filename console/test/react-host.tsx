import { createElement as h, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { OwnkeySettings, OwnkeyUsage } from '../src/widget/react.tsx'

/** A product in React that shows both elements, for the test to be put into a page. */
function Product() {
  const [said, say] = useState<readonly string[]>([])
  const { org } = document.body.dataset
  const getToken = async () => (await fetch('/token')).text()
  const common = { org: org ?? '', api: document.body.dataset['api'] ?? '', locale: 'en', getToken }
  return h(
    'main',
    null,
    h(OwnkeySettings, { ...common, theme: 'light', onChange: ({ action }) => say((all) => [...all, action]) }),
    h(OwnkeyUsage, { ...common, meters: ['image_recognition'] }),
    h('output', null, said.join(' ')),
  )
}

createRoot(document.querySelector('#root') as Element).render(h(StrictMode, null, h(Product)))
