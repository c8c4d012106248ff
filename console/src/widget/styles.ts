import { colorsOf } from '../shell/apply-brand.ts'
import css from './widget.css?inline'

/** Made by script and adopted, so that no policy on inline styles is in the way. Shared by all widgets of a page. */
export function adoptStyles(root: ShadowRoot, sheet: CSSStyleSheet): void {
  root.adoptedStyleSheets = [sheet]
}

export function createSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  return sheet
}

/** The platform's own colours, behind those that the host page sets. */
export function adoptBrand(root: ShadowRoot, colors: Readonly<Record<string, string>>): void {
  const found = colorsOf(colors)
  const [base] = root.adoptedStyleSheets
  if (!found || !base) return
  const brand = new CSSStyleSheet()
  brand.replaceSync(`:host { --platform-accent: ${found.accent}; --platform-accent-ink: ${found.ink} }`)
  root.adoptedStyleSheets = [base, brand]
}
