import { type Answer, type Call, countField, modelField, Problem, textField } from '../call.ts'
import { pngOf } from '../content/png.ts'
import { soundComment } from '../content/sound.ts'
import { tokensOf } from '../content/tokens.ts'

const now = () => Math.floor(Date.now() / 1000)

/** `POST …/images/generations`: small grey squares, in base64. */
export async function imageGenerations(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'] ?? call.parts['deployment'], 'gpt-image-1')
  return squares(textField(body, 'prompt'), countField(body, 'n', 10) ?? 1)
}

/** `POST …/images/edits` and `…/variations`: the same squares, whatever image came. */
export async function imageEdits(call: Call): Promise<Answer> {
  const { fields, files } = await call.form()
  if (files.length === 0) throw new Problem('missing_field', 'image')
  modelField(fields['model'] ?? call.parts['deployment'], 'gpt-image-1')
  const count = fields['n'] === undefined ? 1 : Number(fields['n'])
  return squares(fields['prompt'] ?? '', countField({ n: count }, 'n', 10) ?? 1)
}

function squares(prompt: string, count: number): Answer {
  const image = { b64_json: pngOf(16, soundComment).toString('base64') }
  const input = tokensOf(prompt)
  const usage = {
    input_tokens: input,
    input_tokens_details: { text_tokens: input, image_tokens: 0 },
    output_tokens: 272 * count,
    total_tokens: input + 272 * count,
  }
  return { json: { created: now(), data: Array.from({ length: count }, () => image), usage, sandbox: true } }
}

const moderated = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** `POST …/moderations`: nothing is ever flagged. */
export async function moderations(call: Call): Promise<Answer> {
  const body = await call.json()
  if (body['input'] === undefined) throw new Problem('missing_field', 'input')
  const inputs = Array.isArray(body['input']) ? body['input'] : [body['input']]
  const each = <T>(value: T) => Object.fromEntries(moderated.map((name) => [name, value]))
  const result = {
    flagged: false,
    categories: each(false),
    category_scores: each(0.0001),
    category_applied_input_types: each(['text']),
  }
  const model = modelField(body['model'], 'omni-moderation-latest')
  return { json: { id: `modr-${call.requestId}`, model, results: inputs.map(() => result) } }
}
