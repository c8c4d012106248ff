import { type Answer, type Call, type JsonObject, listField, modelField, objectOf, Problem } from '../call.ts'
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
  const asked = request['outputDimensionality'] ?? objectOf(request['embedContentConfig'])['outputDimensionality']
  return vectorOf(
    JSON.stringify(content),
    typeof asked === 'number' && asked > 0 ? asked : model.includes('gemini') ? 3072 : 768,
  )
}
