import type { OpenaiApi } from '../../providers/index.ts'
import { buildForm, parseForm } from '../form.ts'
import { entryOf, isRecord } from '../json.ts'
import type { AnswerTranslation, DialectCall, Translation, UpstreamMessage } from '../translation.ts'
import { adaptMessages } from './adapt-messages.ts'
import { hideUsage } from './hide-usage.ts'
import { inTurn, joinParts } from './join-parts.ts'
import { fieldValue, type JsonField, joinFields, jsonFields } from './json-fields.ts'

/** For a provider whose OpenAI-compatible API is good: the same request with its model, and the same answer. */
export const compatible: Translation = (call, { provider, model }) => {
  const api = provider.openai as OpenaiApi
  const path = `${api.base}/${call.route}`
  if (call.contentType.toLowerCase().startsWith('multipart/'))
    return { path, ...withModel(call, model), headers: [], answer: {} }
  const { fields, told } = adapt(jsonFields(call.body), { api, model, isChat: call.route === 'chat/completions' })
  const answer: AnswerTranslation = { passes: call.route === 'audio/speech' ? 'sound' : 'document', ...told }
  return { path, contentType: 'application/json', headers: [], body: joinFields(fields), answer }
}

function withModel({ body, contentType }: DialectCall, model: string): Pick<UpstreamMessage, 'body' | 'contentType'> {
  const others = parseForm(body, contentType).filter(({ name }) => name !== 'model')
  const parts = others.map(({ name, filename, type, bytes }) => ({ name, filename, type, content: bytes }))
  return buildForm([{ name: 'model', content: model }, ...parts])
}

interface Adapting {
  api: OpenaiApi
  model: string
  isChat: boolean
}

interface Adapted {
  fields: readonly JsonField[]
  /** How its answer is told, as far as it does not pass as it comes. */
  told?: Pick<AnswerTranslation, 'whole' | 'stream'>
}

function adapt(fields: readonly JsonField[], { api, model, isChat }: Adapting): Adapted {
  const others = fields.filter(({ key }) => key !== 'model')
  const named = [field('model', model), ...others]
  if (!isChat) return { fields: named }
  const renamed = named.map((one) => rename(one, { api, model, fields }))
  if (fieldValue(fields, 'stream') !== true)
    return { fields: renamed, ...(api.answersInParts && { told: { whole: joinParts.whole } }) }
  return countStream(renamed, { api, options: fieldValue(fields, 'stream_options') })
}

/** A caller who gives both names keeps the vendor's own. */
function rename(
  one: JsonField,
  { api, model, fields }: Pick<Adapting, 'api' | 'model'> & { fields: readonly JsonField[] },
): JsonField {
  if (one.key === 'messages') return { ...one, value: adaptMessages(one.value, api) }
  const name = api.renamesFor?.test(model) === false ? undefined : entryOf(api.renames ?? {}, one.key)
  return name === undefined || fields.some(({ key }) => key === name) ? one : { ...one, key: name }
}

/** The counts of a stream are always asked for, for the books; a caller who did not ask never sees them. */
function countStream(fields: readonly JsonField[], { api, options }: { api: OpenaiApi; options: unknown }): Adapted {
  const given = isRecord(options) ? options : {}
  const others = fields.filter(({ key }) => key !== 'stream_options')
  const hides = given['include_usage'] !== true
  return {
    fields:
      api.streamUsage === 'always' ? others : [...others, field('stream_options', { ...given, include_usage: true })],
    ...(api.answersInParts
      ? { told: { stream: hides ? () => inTurn(joinParts.stream(), hideUsage()) : joinParts.stream } }
      : hides && { told: { stream: hideUsage } }),
  }
}

function field(key: string, value: unknown): JsonField {
  return { key, value: Buffer.from(JSON.stringify(value)) }
}
