/** A table for a spreadsheet: columns in order, each with the value of a row. */
export interface CsvTable {
  header: readonly string[]
  rows: readonly (readonly CsvValue[])[]
}

export type CsvValue = string | number | boolean | null | undefined

/** A byte order mark would break strict readers; spreadsheets are told the character set in the content type. */
export const csvContentType = 'text/csv; charset=utf-8; header=present'

/**
 * RFC 4180: CRLF, quotes where needed, quotes doubled. A text that a spreadsheet would run as a formula is made a text
 * by a leading apostrophe; numbers stay numbers.
 */
export function toCsv({ header, rows }: CsvTable): string {
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

function field(value: CsvValue): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const safe = /^[\s]*[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
