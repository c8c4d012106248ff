import {
  type Answer,
  type Call,
  countField,
  type JsonObject,
  listField,
  modelField,
  objectOf,
  Problem,
} from '../call.ts'
import { vectorOf } from '../content/vector.ts'

/** `POST …:embedContent` */
export async function embedContent(call: Call): Promise<Answer> {
  const model = modelField(call.parts['model'])
  return { json: { embedding: { values: embedded(await call.json(), model) } } }
}

/** `POST …:batchEmbedContents` */
export async function batchEmbedContents(call: Call): Promise<Answer> {
  const model = modelField(call.parts['model'])
  const requests = listField(await call.json(), 'requests')
  return { json: { embeddings: requests.map((request) => ({ values: embedded(objectOf(request), model) })) } }
}

function embedded(request: JsonObject, model: string): number[] {
  const content = request['content']
  if (content === undefined) throw new Problem('missing_field', 'content')
  const asked = 'outputDimensionality' in request ? request : objectOf(request['embedContentConfig'])
  const dimensions = countField(asked, 'outputDimensionality', 4096) ?? (model.includes('gemini') ? 3072 : 768)
  return vectorOf(JSON.stringify(content), dimensions)
}
