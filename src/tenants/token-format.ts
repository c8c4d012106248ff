import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { randomBase62, toBase62 } from '../lib/index.ts'

/** `service` and `access` tokens call the gateway; `session` opens the control API for one member. */
export type TokenKind = 'service' | 'access' | 'session' | 'sign_in'

const prefixes: Readonly<Record<TokenKind, string>> = {
  service: 'okt_',
  access: 'okt_',
  session: 'oks_',
  sign_in: 'okc_',
}

/** 43 characters of base 62 are 256 bits. */
const randomLength = 43
const checksumLength = 6

/**
 * `okt_` + 43 random characters + 6 that are a checksum, so that a token that was cut off or made up is refused without
 * asking the database. The checksum is no secret and proves nothing else.
 */
export function newToken(kind: TokenKind): string {
  const body = prefixes[kind] + randomBase62(randomLength)
  return body + checksum(body)
}

/** SHA-256 in hexadecimal; only this is stored, and looked up whole. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex')
}

/** True for every text that `newToken` could have made: for the gateway's kinds when none is named. */
export function looksLikeToken(text: string, kind: TokenKind = 'service'): boolean {
  const prefix = prefixes[kind]
  if (text.length !== prefix.length + randomLength + checksumLength || !text.startsWith(prefix)) return false
  return checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/** The first characters and the last four, for lists: enough to tell tokens apart, too little to use one. */
export function tokenHint(token: string): string {
  return `${token.slice(0, 4)}…${token.slice(-4)}`
}

function checksum(body: string): string {
  return toBase62(crc32(body), checksumLength)
}
