import type { AnswerTranslation } from '../../dialect/index.ts'
import { wayBack } from '../answer/way-back.ts'
import type { Exchange } from '../exchange.ts'
import type { OpenedAttempt } from './open-attempt.ts'
import { upstreamPath } from './upstream-path.ts'

/**
 * For surfaces whose answers name an address at the provider where SDKs go on with their API key (`answerAddress`): it is told as
 * the same place behind this gateway, because that key is an Ownkey token. All other bytes stay as the provider wrote them.
 * @returns undefined: there is nothing to rewrite
 */
export function tellAddressesOf(
  exchange: Required<Exchange>,
  { origin, path }: Pick<OpenedAttempt, 'origin' | 'path'>,
): AnswerTranslation | undefined {
  const { answerAddress } = exchange.surface
  const tell = answerAddress && wayBack(exchange, { origin, path, own: upstreamPath(exchange) })
  if (!tell) return undefined
  const told = new RegExp(`("${answerAddress}"\\s*:\\s*")([^"\\\\]+)(?=")`, 'g')
  const retell = (_whole: string, before: string, address: string) => before + tell(address)
  return {
    // As Latin-1, so that bytes stay bytes, whatever they are.
    whole: (body) => ({
      contentType: 'application/json',
      body: Buffer.from(body.toString('latin1').replace(told, retell), 'latin1'),
    }),
  }
}
