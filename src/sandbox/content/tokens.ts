/** About what a tokenizer says of European text: four characters a token, never none. */
export function tokensOf(text: string | number): number {
  const characters = typeof text === 'number' ? text : text.length
  return Math.max(1, Math.ceil(characters / 4))
}

/** Keys whose values are not prompt text: structure, ids and inline media. */
const silentKeys = new Set([
  'role',
  'type',
  'id',
  'name',
  'url',
  'data',
  'image_url',
  'media_type',
  'mimeType',
  'file_data',
])
const mediaKeys = new Set(['image_url', 'inlineData', 'inline_data', 'source', 'input_audio', 'fileData'])

/** What a prompt consists of, however deep it is nested. Nothing of its text is kept. */
export interface PromptSize {
  characters: number
  /** Images, sounds and files. */
  media: number
}

export function promptSize(value: unknown): PromptSize {
  const size: PromptSize = { characters: 0, media: 0 }
  measure(value, size)
  return size
}

function measure(value: unknown, size: PromptSize): void {
  if (typeof value === 'string') size.characters += value.length
  if (Array.isArray(value)) for (const one of value) measure(one, size)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [key, inner] of Object.entries(value)) {
    if (mediaKeys.has(key) && inner) size.media += 1
    else if (!silentKeys.has(key)) measure(inner, size)
  }
}

/** Tokens of a prompt; an image counts as a small one does. */
export function promptTokens(size: PromptSize): number {
  return tokensOf(size.characters) + size.media * 258
}
