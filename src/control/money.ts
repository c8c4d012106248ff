/** Digits of pico-units (millionths of a millionth) as a decimal number of whole units: `1500000000` → `0.0015`. */
export function decimalFromPico(pico: string): string {
  const negative = pico.startsWith('-')
  const digits = (negative ? pico.slice(1) : pico).padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${negative ? '-' : ''}${digits.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The same of pico-units as a number, which may have a fraction. */
export function amountOf(pico: number): string {
  return decimalFromPico(BigInt(Math.round(pico)).toString())
}
