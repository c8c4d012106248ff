import { OwnkeyError } from '../../contract/index.ts'
import type { Attempt } from '../../policy/index.ts'
import { refusalError } from '../decision/refusal-error.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import { describeRequest } from '../request/describe-request.ts'

interface Named {
  exchange: Required<Exchange>
  /** The attempt whose session is open. */
  attempt: Attempt
  /** As the first message writes it, `models/…` included. */
  model: string | undefined
}

const bareModel = (written: string): string => written.slice(written.lastIndexOf('/') + 1)

/** For a model that no rule depends on: it is what the session costs by. An address that names one has named it. */
export const noteModel = (exchange: Required<Exchange>) => (written: string) => {
  exchange.model ??= bareModel(written)
}

/**
 * Checks a model that is named only in the first message of a session. The session may go on if the same attempt would have been
 * decided for this model, too.
 * @throws request_invalid when none is named; the refusal's code
 */
export function checkModel({ exchange, attempt, model: written }: Named, gateway: Gateway): void {
  const model = written === undefined ? undefined : bareModel(written)
  if (model === undefined || model === '')
    throw new OwnkeyError('request_invalid', { detail: 'The first message names no model.' })
  const request = { ...describeRequest(exchange), model, noModel: false }
  exchange.model = model
  const { attempts, refusal } = gateway.memory.decide(request, exchange.caller.tenant, exchange.setup.policy)
  if (refusal !== undefined) throw refusalError(refusal, gateway.now())
  const serves = attempts.some(({ source, key }) => source === attempt.source && key?.id === attempt.key?.id)
  if (!serves) throw new OwnkeyError('model_refused', { detail: `The model ${model} may not be used with this key.` })
}
