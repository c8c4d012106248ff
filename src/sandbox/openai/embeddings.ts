import { type Answer, type Call, countField, modelField, Problem } from '../call.ts'
import { tokensOf } from '../content/tokens.ts'
import { vectorBase64, vectorOf } from '../content/vector.ts'

const ownDimensions = (model: string) => (model.includes('large') ? 3072 : model.includes('mistral') ? 1024 : 1536)

/**
 * `POST …/embeddings`: unit vectors that are the same for the same text.
 * @param more what this vendor counts besides
 */
export async function embeddings(call: Call, more: object = {}): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'] ?? call.parts['deployment'])
  const input = body['input'] ?? body['inputs']
  if (input === undefined || input === '') throw new Problem('missing_field', 'input')
  const texts = textsOf(input)
  if (texts.length === 0 || texts.length > 2048) throw new Problem('invalid_field', 'input')
  const dimensions = countField(body, 'dimensions', 4096) ?? ownDimensions(model)
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, dimensions)
    return {
      object: 'embedding',
      index,
      embedding: body['encoding_format'] === 'base64' ? vectorBase64(vector) : vector,
    }
  })
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  const usage = { prompt_tokens: tokens, total_tokens: tokens, ...more }
  return { json: { id: `embd-${call.requestId}`, object: 'list', data, model, usage } }
}

/** A text, texts, tokens or lists of tokens. */
function textsOf(input: unknown): string[] {
  if (typeof input === 'string') return [input]
  if (!Array.isArray(input)) throw new Problem('invalid_field', 'input')
  if (input.length > 0 && input.every((one) => typeof one === 'number')) return [input.join(' ')]
  return input.map((one) => (Array.isArray(one) ? one.join(' ') : String(one)))
}
