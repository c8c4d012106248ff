import { type CSSProperties, createElement, useEffect, useRef } from 'react'

/**
 * The widget's elements as React components. They draw nothing themselves: the page also loads `/widget.js` from its Ownkey
 * server, before or after this.
 */

/** Gives a session token, made by your own server. `renew`: the last one was refused, so a kept one will not do. */
export type GetToken = (request: { renew: boolean }) => string | Promise<string>

export interface OwnkeyChange {
  action: 'save' | 'change' | 'remove' | 'enable' | 'disable' | 'restore' | 'active_provider'
  provider: string | null
}

export interface OwnkeyProblem {
  status: number
  code: string
  detail: string
  fix: string
}

export interface OwnkeySettingsProps {
  getToken: GetToken
  org: string
  /** The origin of the Ownkey server; default: where the script came from. */
  api?: string
  locale?: string
  theme?: 'light' | 'dark'
  className?: string
  style?: CSSProperties
  onChange?(change: OwnkeyChange): void
  onError?(problem: OwnkeyProblem): void
  onTokenExpired?(): void
}

export interface OwnkeyUsageProps extends OwnkeySettingsProps {
  /** Only these limits of the plan, or all of them with `[]`; absent: the whole usage page. */
  meters?: readonly string[]
}

/** The customer's AI settings. */
export function OwnkeySettings(props: OwnkeySettingsProps) {
  return useElement('ownkey-settings', props, {})
}

/** Usage, or the plan's limits alone. */
export function OwnkeyUsage({ meters, ...props }: OwnkeyUsageProps) {
  return useElement('ownkey-usage', props, { meters: meters?.join(' ') })
}

interface WidgetElement extends HTMLElement {
  getToken?: GetToken
}

function useElement(name: string, props: OwnkeySettingsProps, more: Readonly<Record<string, string | undefined>>) {
  const element = useRef<WidgetElement>(null)
  // Handlers are mostly new functions on every render; the element keeps one of each, which calls the latest.
  const latest = useRef(props)
  useEffect(() => {
    latest.current = props
  })
  useEffect(() => {
    const { current } = element
    if (!current) return
    current.getToken = (request) => latest.current.getToken(request)
    const listeners: readonly [string, (event: Event) => void][] = [
      ['ownkey-change', (event) => latest.current.onChange?.((event as CustomEvent<OwnkeyChange>).detail)],
      ['ownkey-error', (event) => latest.current.onError?.((event as CustomEvent<OwnkeyProblem>).detail)],
      ['ownkey-token-expired', () => latest.current.onTokenExpired?.()],
    ]
    for (const [event, listener] of listeners) current.addEventListener(event, listener)
    return () => {
      for (const [event, listener] of listeners) current.removeEventListener(event, listener)
    }
  }, [])
  const { api, org, locale, theme, className, style } = props
  return createElement(name, { ref: element, api, org, locale, theme, class: className, style, ...more })
}
