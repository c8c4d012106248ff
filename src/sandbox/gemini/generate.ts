import { type Answer, type Call, countField, type JsonObject, listField, modelField, objectOf } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { soundOf, spokenSeconds } from '../content/sound.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

interface Generation {
  call: Call
  model: string
  /** What the answer consists of; a stream brings one a chunk. */
  parts: readonly JsonObject[]
  finishReason: string
  inputTokens: number
  outputTokens: number
  /** How many answers were asked for; all are the same here. */
  candidates: number
  /** How many other tokens were asked for beside each chosen one; undefined: no probabilities. */
  logprobs: number | undefined
}

/** `POST …:generateContent` */
export async function generateContent(call: Call): Promise<Answer> {
  const generation = await generate(call)
  return { json: chunkOf(generation, { parts: joined(generation.parts), last: true }) }
}

/** `POST …:streamGenerateContent`: events with `alt=sse`, otherwise one JSON array that comes in pieces. */
export async function streamGenerateContent(call: Call): Promise<Answer> {
  const generation = await generate(call)
  const chunks = generation.parts.map((part, index) =>
    chunkOf(generation, { parts: [part], last: index === generation.parts.length - 1 }),
  )
  if (call.query.get('alt') === 'sse') {
    return { headers: sseHeaders, pieces: chunks.map((chunk) => sseEvent(chunk)), broken: sseEvent(call.overloaded) }
  }
  const pieces = chunks.map((chunk, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk)}`)
  const error = Array.isArray(call.overloaded) ? call.overloaded[0] : call.overloaded
  return {
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    pieces: [...pieces, ']'],
    broken: `,\r\n${JSON.stringify(error)}]`,
  }
}

/** `POST …:countTokens` */
export async function countTokens(call: Call): Promise<Answer> {
  modelField(call.parts['model'])
  const body = await call.json()
  const contents = body['contents'] ?? objectOf(body['generateContentRequest'])['contents']
  const totalTokens = promptTokens(promptSize(listField({ contents }, 'contents')))
  return { json: { totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] } }
}

async function generate(call: Call): Promise<Generation> {
  const model = modelField(call.parts['model'])
  const body = await call.json()
  const system = body['systemInstruction'] ?? body['system_instruction'] ?? ''
  const prompt = promptSize([listField(body, 'contents'), system])
  const config = objectOf(body['generationConfig'] ?? body['generation_config'])
  const limit = config['maxOutputTokens']
  const reply = replyTo({
    prompt,
    tool: forcedTool(body),
    schema: config['responseMimeType'] === 'application/json' ? (schemaOf(config) ?? true) : undefined,
    maxTokens: typeof limit === 'number' ? limit : undefined,
  })
  const speaks = Array.isArray(config['responseModalities']) && config['responseModalities'].includes('AUDIO')
  return {
    call,
    model,
    parts: speaks ? [spoken(prompt.characters)] : partsOf(reply),
    finishReason: reply.cut ? 'MAX_TOKENS' : 'STOP',
    inputTokens: promptTokens(prompt),
    candidates: countField(config, 'candidateCount', 8) ?? 1,
    logprobs: config['responseLogprobs'] === true ? (countField(config, 'logprobs', 20) ?? 0) : undefined,
    outputTokens: speaks ? Math.ceil(spokenSeconds(prompt.characters) * 25) : reply.tokens,
  }
}

const schemaOf = (config: JsonObject) => config['responseSchema'] ?? config['responseJsonSchema']

function forcedTool(body: JsonObject): { name: string; schema: unknown } | undefined {
  const calling = objectOf(objectOf(body['toolConfig'] ?? body['tool_config'])['functionCallingConfig'])
  if (calling['mode'] !== 'ANY') return undefined
  const allowed = Array.isArray(calling['allowedFunctionNames']) ? calling['allowedFunctionNames'] : undefined
  // Google takes one tool for a list of one, and earlier clients send it so.
  const tools = [body['tools'] ?? []].flat().flatMap((tool) => {
    const declared = objectOf(tool)['functionDeclarations']
    return Array.isArray(declared) ? declared.map(objectOf) : []
  })
  const tool = tools.find((one) => !allowed || allowed.includes(one['name']))
  return tool && { name: String(tool['name']), schema: tool['parameters'] ?? tool['parametersJsonSchema'] }
}

function partsOf(reply: Reply): JsonObject[] {
  if (reply.tool) return [{ functionCall: { name: reply.tool.name, args: reply.tool.input } }]
  const pieces = piecesOf(reply.text)
  // A chunk of Google's holds more than a word.
  return Array.from({ length: Math.ceil(pieces.length / 4) }, (_, at) => ({
    text: pieces.slice(at * 4, at * 4 + 4).join(''),
  }))
}

function joined(parts: readonly JsonObject[]): readonly JsonObject[] {
  const [first] = parts
  return first && 'text' in first ? [{ text: parts.map((part) => part['text']).join('') }] : parts
}

function spoken(characters: number): JsonObject {
  const sound = soundOf({ kind: 'pcm', sampleRate: 24_000 }, spokenSeconds(characters))
  return { inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data: sound.toString('base64') } }
}

function chunkOf(generation: Generation, { parts, last }: { parts: readonly JsonObject[]; last: boolean }): JsonObject {
  const { inputTokens, outputTokens, model, call } = generation
  const ending = last ? { finishReason: generation.finishReason } : {}
  const certain = generation.logprobs === undefined ? {} : { logprobsResult: probabilities(parts, generation.logprobs) }
  return {
    candidates: Array.from({ length: generation.candidates }, (_, index) => ({
      content: { parts, role: 'model' },
      ...ending,
      ...certain,
      index,
    })),
    usageMetadata: {
      promptTokenCount: inputTokens,
      ...(last && { candidatesTokenCount: outputTokens }),
      totalTokenCount: inputTokens + (last ? outputTokens : 0),
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
    },
    modelVersion: model,
    responseId: call.requestId,
  }
}

/** Every token as good as certain. */
function probabilities(parts: readonly JsonObject[], others: number): JsonObject {
  const chosenCandidates = piecesOf(parts.map((part) => String(part['text'] ?? '')).join('')).map((token, tokenId) => ({
    token,
    tokenId,
    logProbability: -0.01,
  }))
  const beside = (one: JsonObject) =>
    Array.from({ length: others }, (_, rank) =>
      rank === 0 ? one : { token: `?${rank}`, tokenId: 0, logProbability: -5 - rank },
    )
  return { chosenCandidates, topCandidates: chosenCandidates.map((one) => ({ candidates: beside(one) })) }
}
