import type { Failure, ProviderAnswer } from './failure.ts'

/** Where a credential goes for one upstream request. */
export interface CredentialPlacement {
  /** Header name in lower case. */
  header: string
  /** Written before the secret: `Bearer `, `Token `, or nothing. */
  prefix: string
}

/** What a preparation of secrets depends on. */
export interface SecretPreparationIo {
  send: TokenSender
  /** Wall time in milliseconds since 1970, which may jump: for what is signed with a date. */
  now(): number
  /** Milliseconds that only grow: for how long a token lives. */
  monotonic(): number
}

/**
 * Turns a stored secret that is not itself a credential (a service-account file) into one. It keeps the short-lived
 * tokens until shortly before they expire and asks for each of them once at a time.
 */
export interface SecretPreparation {
  /** True when this secret needs it; others are sent as they are, as `credential(path)` says. */
  needed(secret: string): boolean
  /** Rejects when the token's host cannot be reached; a refusal is a failure, read like any other. */
  prepare(secret: string): Promise<PreparedSecret | { failure: Failure }>
}
export interface PreparedSecret {
  credential: string
  placement: CredentialPlacement
  /** The path as the document's owner has it, where a request leaves the owner's project and place open. */
  path?(path: string, region: string | undefined): string
}
/** Sends one form POST without following redirects. Rejects when the host cannot be reached. */
export type TokenSender = (request: { url: string; form: Readonly<Record<string, string>> }) => Promise<ProviderAnswer>
