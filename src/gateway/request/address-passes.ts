import { OwnkeyError } from '../../contract/index.ts'
import { encodeContext, type Keyring, openEnvelopeBytes, sealEnvelope } from '../../crypto/index.ts'

/** What a pass begins with. */
export const passPrefix = 'okp_'

/** Who the caller was, by token and headers, that an address was told to. */
export interface PassHolder {
  token: string
  org?: string
  feature?: string
  user?: string
  environment?: string
}

/**
 * Passes stand in addresses that an answer told, for clients that go on there without their token. In an address a token would get
 * into logs, where it opens everything; a pass opens that one address, and what it holds is sealed.
 */
export interface AddressPasses {
  /** @param address the provider's id, path and query: `gemini/upload/v1beta/files?upload_id=1` */
  issue(holder: PassHolder, address: string): string
  /** @throws token_invalid for another address, after a week, and for what no key of this deployment sealed */
  open(pass: string, address: string): PassHolder
}

/** As long as Google keeps an upload open. */
const lifeMs = 7 * 24 * 3_600_000

export function createAddressPasses(keyring: Keyring, now: () => number = Date.now): AddressPasses {
  return {
    issue({ token, org, feature, user, environment }, address) {
      const held = JSON.stringify({ until: now() + lifeMs, holder: { token, org, feature, user, environment } })
      return passPrefix + sealEnvelope(keyring, contextOf(address), Buffer.from(held)).toString('base64url')
    },
    open(pass, address) {
      const { until, holder } = unseal(keyring, pass, address)
      if (until < now()) throw refused('It is too old.')
      return holder
    },
  }
}

function unseal(keyring: Keyring, pass: string, address: string): { until: number; holder: PassHolder } {
  const sealed = Buffer.from(pass.slice(passPrefix.length), 'base64url')
  try {
    return JSON.parse(openEnvelopeBytes(keyring, contextOf(address), sealed).toString())
  } catch {
    throw refused('It was made for another address, or changed.')
  }
}

function contextOf(address: string): Buffer {
  return encodeContext('address-pass', [address])
}

function refused(why: string): OwnkeyError {
  return new OwnkeyError('token_invalid', {
    detail: `The pass in this address does not open it. ${why}`,
    fix: 'Begin anew where the address was told, or send an Ownkey token.',
  })
}
