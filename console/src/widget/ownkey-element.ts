import { h, render } from 'preact'
import type { Api } from '../api/create-api.ts'
import { bestLocale } from '../i18n/locales.ts'
import { adoptBrand, adoptStyles } from './styles.ts'
import { type GetToken, openWidgetSession } from './widget-session.ts'
import { type WidgetProps, WidgetView } from './widget-view.tsx'

export interface ElementOptions {
  view: 'settings' | 'usage'
  sheet: CSSStyleSheet
  /** Where the script came from, for pages that name no `api`. */
  scriptOrigin: string | undefined
}

/** Calls after which something of the organization's is different: method → what the host is told. */
const changes: readonly [method: string, path: RegExp, action: string][] = [
  ['PUT', /\/keys\/([^/]+)$/, 'save'],
  ['PATCH', /\/keys\/([^/]+)$/, 'change'],
  ['DELETE', /\/keys\/([^/]+)$/, 'remove'],
  ['POST', /\/keys\/([^/]+)\/enable$/, 'enable'],
  ['POST', /\/keys\/([^/]+)\/disable$/, 'disable'],
  ['POST', /\/keys\/([^/]+)\/restore$/, 'restore'],
  ['PUT', /\/settings\/active-provider()$/, 'active_provider'],
]

/**
 * An element of a host page: attributes `api`, `org`, `locale`, `theme` (`light`, `dark`; absent: the page's own) and, for
 * usage, `meters`; the property `getToken`; the events `ownkey-change`, `ownkey-error` and `ownkey-token-expired`.
 */
export function createElementClass({ view, sheet, scriptOrigin }: ElementOptions): CustomElementConstructor {
  return class extends HTMLElement {
    static readonly observedAttributes = ['api', 'org', 'locale', 'meters']
    #root = this.attachShadow({ mode: 'open' })
    #getToken: GetToken | undefined
    #session: { api: Api; origin: string; number: number } | undefined
    #sessions = 0
    #brand = (colors: Readonly<Record<string, string>>) => adoptBrand(this.#root, colors)

    get getToken(): GetToken | undefined {
      return this.#getToken
    }

    set getToken(getToken: GetToken | undefined) {
      this.#getToken = getToken
      this.#session = undefined
      this.#draw()
    }

    connectedCallback(): void {
      adoptStyles(this.#root, sheet)
      // The page may have set the property before this script was here.
      if (Object.hasOwn(this, 'getToken')) {
        const { getToken } = this
        Reflect.deleteProperty(this, 'getToken')
        this.getToken = getToken
      } else this.#draw()
    }

    attributeChangedCallback(name: string): void {
      if (name === 'api') this.#session = undefined
      this.#draw()
    }

    disconnectedCallback(): void {
      render(null, this.#root)
    }

    #draw(): void {
      const org = this.getAttribute('org')
      const session = this.#open()
      if (!this.isConnected || !org || !session) return
      const meters = this.getAttribute('meters')
      const props: WidgetProps = {
        api: session.api,
        origin: session.origin,
        org,
        locale: bestLocale([this.getAttribute('locale'), document.documentElement.lang, ...navigator.languages]),
        view: view === 'usage' && meters !== null ? 'meters' : view,
        meters: meters?.split(/[\s,]+/).filter(Boolean) ?? [],
        onBrand: this.#brand,
      }
      // Another organization or another person is another page: nothing of the one before may stay.
      render(h(WidgetView, { key: `${org} ${session.number}`, ...props }), this.#root)
    }

    #open() {
      const origin = (this.getAttribute('api') ?? scriptOrigin)?.replace(/\/+$/, '')
      const getToken = this.#getToken
      if (!origin || !getToken) return undefined
      this.#session ??= {
        number: ++this.#sessions,
        origin,
        api: openWidgetSession({
          origin,
          getToken,
          onRefused: () => this.#tell('ownkey-token-expired', {}),
          onAnswer: (method, path) => this.#tellChange(method, path),
          onProblem: ({ status, code, message, fix }) =>
            this.#tell('ownkey-error', { status, code, detail: message, fix }),
        }),
      }
      return this.#session
    }

    #tellChange(method: string, path: string): void {
      for (const [verb, pattern, action] of changes) {
        const found = verb === method ? pattern.exec(path) : null
        if (found) this.#tell('ownkey-change', { action, provider: found[1] ? decodeURIComponent(found[1]) : null })
      }
    }

    #tell(name: string, detail: object): void {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
    }
  }
}
