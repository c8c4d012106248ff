import type { SocketCredential } from '../../providers/index.ts'

/** What a caller offers in `Sec-WebSocket-Protocol`, told apart: names to negotiate, and places of a credential. */
export interface Offer {
  /** In the caller's order, as written; these go up. */
  names: readonly string[]
  /** What stood for a credential, with the word before it; the caller's client may wait for one of these as the answer. */
  consumed: readonly string[]
  /** The entry among `consumed` that carries the caller's secret. */
  secret: string | undefined
}

export function readOffer(header: string | undefined, accepts: readonly SocketCredential[]): Offer {
  const entries = (header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const consumed = new Set<string>()
  let secret: string | undefined
  for (const [index, entry] of entries.entries()) {
    const place = placeOf(entry, entries[index - 1], accepts)
    if (place === undefined) continue
    consumed.add(entry)
    if (secret === undefined || entry.includes(tokenMark)) secret = entry
    // In `token, <secret>` the word before the secret belongs to the credential. In `prefix.<secret>` the names before it are
    // protocols of their own.
    if (place.prefix === undefined && place.before !== undefined) for (const word of place.before) consumed.add(word)
  }
  return {
    names: entries.filter((entry) => !consumed.has(entry)),
    consumed: entries.filter((entry) => consumed.has(entry)),
    secret,
  }
}

const tokenMark = 'okt_'

/** A credential's entry by the route's own forms; anything with an Ownkey token in it is one, whatever the route says. */
function placeOf(
  entry: string,
  before: string | undefined,
  accepts: readonly SocketCredential[],
): Partial<SocketCredential> | undefined {
  for (const place of accepts) {
    if (place.in !== 'subprotocol') continue
    if (place.prefix !== undefined && entry.startsWith(place.prefix)) return place
    if (place.prefix === undefined && place.before !== undefined && place.before.at(-1) === before) return place
  }
  return entry.includes(tokenMark) ? {} : undefined
}

/** The entries that carry a provider's credential towards it. */
export function credentialEntries({ prefix = '', before = [] }: SocketCredential, secret: string): string[] {
  return [...before, `${prefix}${secret}`]
}

/**
 * The subprotocol that answers the caller. A client that offered some fails if none of them is answered; but what the provider chose
 * may be part of its credential, or nothing at all if the whole offer was a credential.
 * @param chosen what the provider chose of what went up
 */
export function answerOffer({ names, consumed, secret }: Offer, chosen: string | undefined): string | undefined {
  if (chosen !== undefined && names.includes(chosen)) return chosen
  if (secret === undefined) return undefined
  return consumed.find((entry) => entry !== secret) ?? (chosen === undefined ? names[0] : undefined) ?? secret
}
