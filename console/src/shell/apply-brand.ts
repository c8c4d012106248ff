import { accentNames, hexDigitsOf } from '../../../src/contract/appearance.ts'

/** The platform's accent colour, with the ink on it chosen by contrast, so that any colour stays readable. */
export function applyBrand(colors: Readonly<Record<string, string>>): void {
  const found = colorsOf(colors)
  if (!found) return
  const { style } = document.documentElement
  style.setProperty('--accent', found.accent)
  style.setProperty('--accent-ink', found.ink)
}

/** Undefined where no colour is given, or none that we can read: `#rgb` or `#rrggbb`. */
export function colorsOf(colors: Readonly<Record<string, string>>): { accent: string; ink: string } | undefined {
  const accent = accentNames
    .map((name) => colors[name])
    .find((color) => color !== undefined)
    ?.trim()
  const channels = accent && channelsOf(accent)
  return channels ? { accent, ink: luminance(channels) > 0.4 ? '#101114' : '#ffffff' } : undefined
}

function channelsOf(color: string): number[] | undefined {
  const hex = hexDigitsOf(color)
  return hex === undefined
    ? undefined
    : [0, 2, 4].map((start) => Number.parseInt(hex.slice(start, start + 2), 16) / 255)
}

/** Relative luminance, 0 to 1 (WCAG 2). */
function luminance(channels: number[]): number {
  const [r = 0, g = 0, b = 0] = channels.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
