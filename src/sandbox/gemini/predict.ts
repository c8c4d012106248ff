import { type Answer, type Call, listField, modelField, objectOf, Problem } from '../call.ts'
import { pngOf } from '../content/png.ts'
import { replyTo } from '../content/reply.ts'
import { soundComment } from '../content/sound.ts'
import { promptSize, promptTokens, tokensOf } from '../content/tokens.ts'
import { vectorOf } from '../content/vector.ts'

/** `POST …:predict`: an embedding for each instance that is a text, a grey square for each that is a prompt. */
export async function predict(call: Call): Promise<Answer> {
  const model = modelField(call.parts['model'])
  const instances = listField(await call.json(), 'instances').map(objectOf)
  const predictions = instances.map(({ content, prompt }) => {
    if (prompt !== undefined)
      return { bytesBase64Encoded: pngOf(16, soundComment).toString('base64'), mimeType: 'image/png' }
    const text = String(content ?? '')
    const statistics = { truncated: false, token_count: tokensOf(text) }
    return { embeddings: { values: vectorOf(text, model.includes('gemini') ? 3072 : 768), statistics } }
  })
  return { json: { predictions } }
}

/** `POST …/interactions` */
export async function interact(call: Call): Promise<Answer> {
  const body = await call.json()
  if (body['input'] === undefined) throw new Problem('missing_field', 'input')
  const prompt = promptSize([body['input'], body['system_instruction'] ?? ''])
  const reply = replyTo({ prompt })
  const [input, output] = [promptTokens(prompt), reply.tokens]
  const usage = { total_input_tokens: input, total_output_tokens: output, total_tokens: input + output }
  const head = { id: call.requestId, object: 'interaction', model: modelField(body['model'] ?? body['agent']) }
  return { json: { ...head, status: 'completed', role: 'model', outputs: [{ type: 'text', text: reply.text }], usage } }
}
