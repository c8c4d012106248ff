import { invalid } from '../invalid.ts'
import { entryOf, isRecord, type Json, recordOf, textOf } from '../json.ts'
import { cacheControlOf } from './cache-breakpoints.ts'
import type { MediaPart, Part } from './chat.ts'

const audioTypes: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mp3' }

/** One part of a message's content. @throws request_invalid */
export function readPart(part: unknown, at: string): Part {
  if (!isRecord(part)) throw invalid(at, 'it must be an object')
  const { type } = part
  const read = entryOf(readers, type)
  if (read === undefined) throw invalid(`${at}.type`, `it must be one of ${Object.keys(readers).join(', ')}`)
  return read(part, at)
}

const readers: Readonly<Record<string, (part: Json, at: string) => Part>> = {
  text: (part, at) => text(part, { field: 'text', at }),
  refusal: (part, at) => text(part, { field: 'refusal', at }),
  image_url: (part, at) => {
    const image = part['image_url']
    const url = isRecord(image) ? image['url'] : image
    if (typeof url !== 'string') throw invalid(`${at}.image_url.url`, 'it must be a text')
    return { kind: 'image', source: sourceOf(url, `${at}.image_url.url`), cacheControl: cacheControlOf(part), at }
  },
  input_audio: (part, at) => {
    const audio = isRecord(part['input_audio']) ? part['input_audio'] : {}
    const { data, format } = audio
    const mimeType = entryOf(audioTypes, format)
    if (typeof data !== 'string') throw invalid(`${at}.input_audio.data`, 'it must be base64')
    if (mimeType === undefined) throw invalid(`${at}.input_audio.format`, 'it must be wav or mp3')
    return { kind: 'audio', source: { data, mimeType }, cacheControl: cacheControlOf(part), at }
  },
  file: (part, at) => {
    const { file_data: data, filename } = recordOf(part['file'])
    if (typeof data !== 'string')
      throw invalid(
        `${at}.file`,
        'only file_data can be sent on; ids of uploaded files are known to their provider alone',
      )
    return {
      kind: 'file',
      source: sourceOf(data, `${at}.file.file_data`),
      filename: textOf(filename) || undefined,
      cacheControl: cacheControlOf(part),
      at,
    }
  },
}

function text(part: Json, { field, at }: { field: string; at: string }): Part {
  const value = part[field]
  if (typeof value !== 'string') throw invalid(`${at}.${field}`, 'it must be a text')
  return { kind: 'text', text: value, cacheControl: cacheControlOf(part) }
}

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w=.+-]+)*;base64,/i

function sourceOf(url: string, at: string): MediaPart['source'] {
  // Tested on the beginning alone: the rest may be megabytes.
  const match = dataUrl.exec(url.slice(0, 200))
  if (match !== null) return { data: url.slice(match[0].length), mimeType: (match[1] as string).toLowerCase() }
  if (/^https:\/\//i.test(url)) return { url }
  throw invalid(at, 'it must be an https address or data:…;base64,…')
}
