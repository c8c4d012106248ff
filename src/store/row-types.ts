import pg from 'pg'

const { builtins } = pg.types

/** Exact always: a number where a number can hold it, else a bigint. */
const parseBigint = (text: string): number | bigint => {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

/** A date has no time zone; as a Date it would move by a day with the server's zone. */
const parseDate = (text: string): string => text

/** How columns become values, the same on both databases. Everything not named here is as the driver gives it. */
export const rowTypes: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && id === builtins.INT8) return parseBigint
    if (format !== 'binary' && id === builtins.DATE) return parseDate
    return pg.types.getTypeParser(id, format as 'text')
  },
} as pg.CustomTypesConfig
