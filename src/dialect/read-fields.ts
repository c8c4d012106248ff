import { fieldValue, jsonFields } from './compatible/json-fields.ts'
import { parseForm } from './form.ts'
import { invalid } from './invalid.ts'
import type { DialectCall } from './translation.ts'

/** What the decision and the books need of a request: the model that it names, and the text that is to be spoken. */
export interface DialectFields {
  /** As the caller wrote it; absent for none. */
  model?: string
  input?: string
}

/** Names are remembered with decisions, so they are not of any length. */
const longestModel = 256

/** @throws request_invalid when the body is neither the route's JSON nor its form, or names two models */
export function readFields({
  route,
  body,
  contentType,
}: Pick<DialectCall, 'route' | 'body' | 'contentType'>): DialectFields {
  if (route === 'audio/transcriptions') return modelIn(formModels(body, contentType))
  const fields = jsonFields(body)
  const model = fieldValue(fields, 'model')
  if (model !== undefined && typeof model !== 'string') throw invalid('model', 'it must be a text')
  const input = route === 'audio/speech' ? fieldValue(fields, 'input') : undefined
  return { ...modelIn(model === undefined ? [] : [model]), ...(typeof input === 'string' && { input }) }
}

function formModels(body: Buffer, contentType: string): readonly string[] {
  const named = parseForm(body, contentType).filter(({ name }) => name === 'model')
  return [...new Set(named.map(({ bytes }) => bytes.toString('utf8').trim()))]
}

function modelIn(models: readonly string[]): DialectFields {
  if (models.length > 1) throw invalid('model', 'it stands twice, with different values')
  const [model] = models
  if (model !== undefined && model.length > longestModel) throw invalid('model', 'it is longer than any model’s name')
  return model === undefined || model === '' ? {} : { model }
}
