import { cannotDo, invalid } from '../invalid.ts'
import { countOf, type Json, listOf, parseAnswer, parseRequest, recordOf } from '../json.ts'
import { jsonAnswer, jsonMessage, type Translation, type WholeAnswer } from '../translation.ts'
import { modelPath } from './generate.ts'

const fields: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user'])

/** Embeddings on `batchEmbedContents`. */
export const googleEmbeddings: Translation = ({ body }, { provider, model }) => {
  const request = parseRequest(body)
  const unknown = Object.keys(request).find((field) => !fields.has(field))
  if (unknown !== undefined) throw cannotDo(unknown, provider.name)
  const { dimensions, encoding_format: encoding } = request
  const texts = textsOf(request['input'], provider.name)
  if (encoding !== undefined && encoding !== 'float' && encoding !== 'base64')
    throw invalid('encoding_format', 'it must be float or base64')
  const name = `models/${model.replace(/^models\//, '')}`
  return jsonMessage({
    path: modelPath(model, 'batchEmbedContents'),
    json: {
      requests: texts.map((text) => ({
        model: name,
        content: { parts: [{ text }] },
        ...(dimensions !== undefined && { outputDimensionality: dimensions }),
      })),
    },
    answer: { whole: (bytes) => embeddingsAnswer(bytes, { model, base64: encoding === 'base64' }) },
  })
}

function textsOf(input: unknown, provider: string): readonly string[] {
  const list = Array.isArray(input) ? input : [input]
  if (list.some((one) => typeof one === 'number' || Array.isArray(one)))
    throw cannotDo('input', provider, 'it takes texts, not tokens')
  if (list.length === 0 || !list.every((one) => typeof one === 'string'))
    throw invalid('input', 'it must be a text or a list of texts')
  return list as string[]
}

function embeddingsAnswer(bytes: Buffer, { model, base64 }: { model: string; base64: boolean }): WholeAnswer {
  const answer = parseAnswer(bytes)
  const data = listOf(answer['embeddings']).map((one, index) => {
    const values = listOf(recordOf(one)['values']) as readonly number[]
    return { object: 'embedding', index, embedding: base64 ? packed(values) : values }
  })
  return jsonAnswer({ object: 'list', data, model, usage: usageOf(recordOf(answer['usageMetadata'])) })
}

/** OpenAI's packed form: 32-bit floats, little-endian. */
function packed(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

/** Zero where Google tells no counts: the field is not optional. */
function usageOf(usage: Json): Json {
  const prompt = countOf(usage['promptTokenCount'] ?? usage['totalTokenCount'])
  return { prompt_tokens: prompt, total_tokens: prompt }
}
