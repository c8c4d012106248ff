import { cannotDo, invalid } from '../invalid.ts'
import { countOf, isRecord, type Json, listOf, mustHave, parseAnswer, parseRequest, recordOf } from '../json.ts'
import { jsonAnswer, jsonMessage, type Translation, type WholeAnswer } from '../translation.ts'
import { modelPath, vertexPath } from './generate.ts'

const fields: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user'])

interface Asked {
  texts: readonly string[]
  /** As the caller wrote it. */
  dimensions: unknown
  base64: boolean
}

/** Embeddings on `batchEmbedContents`. */
export const googleEmbeddings: Translation = ({ body }, { provider, model }) => {
  const asked = readEmbeddings(body, provider.name)
  const name = `models/${model.replace(/^models\//, '')}`
  return jsonMessage({
    path: modelPath(model, 'batchEmbedContents'),
    json: {
      requests: asked.texts.map((text) => ({ model: name, content: { parts: [{ text }] }, ...dimensionality(asked) })),
    },
    answer: {
      whole: (bytes) => {
        const { embeddings, usageMetadata } = parseAnswer(bytes)
        mustHave(Array.isArray(embeddings))
        return embeddingsAnswer(listOf(embeddings).map(recordOf), tokensIn(usageMetadata), { ...asked, model })
      },
    },
  })
}

/** Embeddings on Vertex AI: `predict`, and for models after gemini-embedding-001 `embedContent`, which takes one text. */
export const vertexEmbeddings: Translation = (call, target) => {
  const { provider, model } = target
  const asked = readEmbeddings(call.body, provider.name)
  if (!/gemini|maas/.test(model) || /(?:^|\/)gemini-embedding-001$/.test(model)) return predict(asked, model)
  if (asked.texts.length > 1) throw cannotDo('input', provider.name, `${model} takes one text a request`)
  return jsonMessage({
    path: vertexPath(model, 'embedContent'),
    json: {
      content: { parts: [{ text: asked.texts[0] }] },
      embedContentConfig: { autoTruncate: false, ...dimensionality(asked) },
    },
    answer: {
      whole: (bytes) => {
        const { embedding, usageMetadata } = parseAnswer(bytes)
        mustHave(isRecord(embedding))
        return embeddingsAnswer([recordOf(embedding)], tokensIn(usageMetadata), { ...asked, model })
      },
    },
  })
}

function predict(asked: Asked, model: string): ReturnType<Translation> {
  return jsonMessage({
    path: vertexPath(model, 'predict'),
    json: {
      instances: asked.texts.map((content) => ({ content })),
      // A text that is too long is an error, as it is at OpenAI's; by itself it would be cut in silence.
      parameters: { autoTruncate: false, ...dimensionality(asked) },
    },
    answer: {
      whole: (bytes) => {
        const { predictions } = parseAnswer(bytes)
        mustHave(Array.isArray(predictions))
        const made = listOf(predictions).map((one) => recordOf(recordOf(one)['embeddings']))
        const tokens = made.map(({ statistics }) => countOf(recordOf(statistics)['token_count']))
        return embeddingsAnswer(
          made,
          tokens.reduce((sum, one) => sum + one, 0),
          { ...asked, model },
        )
      },
    },
  })
}

/** @throws request_invalid for a malformed field, and for each that Google cannot do */
function readEmbeddings(body: Buffer, provider: string): Asked {
  const request = parseRequest(body)
  const unknown = Object.keys(request).find((field) => !fields.has(field))
  if (unknown !== undefined) throw cannotDo(unknown, provider)
  const { dimensions, encoding_format: encoding } = request
  const texts = textsOf(request['input'], provider)
  if (encoding !== undefined && encoding !== 'float' && encoding !== 'base64')
    throw invalid('encoding_format', 'it must be float or base64')
  return { texts, dimensions, base64: encoding === 'base64' }
}

const dimensionality = ({ dimensions }: Asked): Json =>
  dimensions === undefined ? {} : { outputDimensionality: dimensions }

function textsOf(input: unknown, provider: string): readonly string[] {
  const list = Array.isArray(input) ? input : [input]
  if (list.some((one) => typeof one === 'number' || Array.isArray(one)))
    throw cannotDo('input', provider, 'it takes texts, not tokens')
  if (list.length === 0 || !list.every((one) => typeof one === 'string'))
    throw invalid('input', 'it must be a text or a list of texts')
  return list as string[]
}

/** @param tokens zero where Google tells no counts: the field is not optional */
function embeddingsAnswer(
  embeddings: readonly Json[],
  tokens: number,
  { model, base64 }: { model: string; base64: boolean },
): WholeAnswer {
  const data = embeddings.map((one, index) => {
    const values = listOf(one['values']) as readonly number[]
    return { object: 'embedding', index, embedding: base64 ? packed(values) : values }
  })
  return jsonAnswer({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

/** OpenAI's packed form: 32-bit floats, little-endian. */
function packed(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

function tokensIn(usage: unknown): number {
  const { promptTokenCount, totalTokenCount } = recordOf(usage)
  return countOf(promptTokenCount ?? totalTokenCount)
}
