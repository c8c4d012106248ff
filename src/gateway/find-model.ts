import { OwnkeyError } from '../contract/index.ts'
import type { Surface } from '../providers/index.ts'

export interface ModelSource {
  surface: Surface
  /** Decoded path behind the provider's head. */
  path: string
  query: string
  contentType: string
  /** What of the body is here: in order, and in one piece. */
  body: { readonly chunks: readonly Buffer[]; readonly joined: Buffer }
  /** A rule depends on the model: look for a second one that another parser could prefer. */
  strict: boolean
}

/** Each is looked at by every rule; a batch has a few. */
const mostModels = 1000

/**
 * The models that a request names: one at most, save on surfaces that may name several.
 * @throws request_invalid when two are named where there is one, or too many
 */
export function findModels(source: ModelSource): readonly string[] {
  const found = places[placeOf(source)](source)
  if (found.length <= 1) return found.map(withoutPath)
  const most = source.surface.model === 'anywhere' ? mostModels : 1
  const distinct = new Set<string>()
  for (const model of found) if (distinct.add(withoutPath(model)).size > most) throw tooMany(most)
  return [...distinct]
}

function tooMany(most: number): OwnkeyError {
  return most === 1
    ? new OwnkeyError('request_invalid', {
        detail: 'The request names two different models.',
        fix: 'Name one model, once.',
      })
    : new OwnkeyError('request_invalid', {
        detail: `The request names more than ${most} different models.`,
        fix: 'Send several requests with fewer models each.',
      })
}

function withoutPath(model: string): string {
  return model.startsWith('models/') ? model.slice('models/'.length) : model
}

type Place = 'path' | 'query' | 'json' | 'form' | 'anywhere' | 'none'

function placeOf({ surface, contentType }: ModelSource): Place {
  if (surface.model === 'path' || surface.model === 'query' || surface.model === 'none') return surface.model
  if (surface.model === 'anywhere') return 'anywhere'
  return contentType.startsWith('multipart/form-data') ? 'form' : 'json'
}

const places: Readonly<Record<Place, (source: ModelSource) => string[]>> = {
  none: () => [],
  path: ({ surface, path }) => {
    const model = (surface.path.exec(path) ?? surface.path.exec(plainPath(path)))?.groups?.['model']
    return model === undefined ? [] : [model.replace(/;.*/, '')]
  },
  query: ({ surface, query }) => new URLSearchParams(query).getAll(surface.modelField ?? 'model'),
  json: ({ surface, body, strict }) => {
    const field = surface.modelField ?? 'model'
    if (strict || body.chunks.length === 1) return findTopLevelStrings(body.joined, field, strict)
    // A long body is put together only when its beginning does not say it.
    const [found] = body.chunks.slice(0, 1).flatMap((first) => findTopLevelStrings(first, field, false))
    return found === undefined ? findTopLevelStrings(body.joined, field, false) : [found]
  },
  form: ({ surface, body, contentType, strict }) =>
    findFormFields(body.joined, contentType, { name: surface.modelField ?? 'model', all: strict }),
  anywhere: (source) => [...modelsInPath(source.path), ...places.query(source), ...modelsInBody(source)],
}

/** How vendors write a model in a path: `models/x:verb`, `deployments/x`, `engines/x`, `model/x`. */
const modelSegment = /\/(?:models?|tunedModels|deployments|engines)\/([^/:;]+)/gi

function modelsInPath(path: string): string[] {
  return [...path.matchAll(modelSegment)].map((match) => match[1] as string)
}

/** Fields at any depth where a rule depends on them, those of JSON within a form too. */
function modelsInBody(source: ModelSource): string[] {
  const isForm = source.contentType.startsWith('multipart/form-data')
  if (!source.strict) return isForm ? places.form(source) : places.json(source)
  const named = findStrings(source.body.joined, source.surface.modelField ?? 'model')
  return isForm ? [...places.form(source), ...named] : named
}

/** A path without what some servers take no notice of: parameters of segments (`;a=b`), a slash at the end. */
export function plainPath(path: string): string {
  return path.replace(/;[^/:]*/g, '').replace(/\/$/, '')
}

const quote = 0x22
const backslash = 0x5c

/**
 * String values of a key at the top level of a JSON object, without parsing the rest: strings are jumped over, brackets
 * counted. Keys written with escapes are recognised.
 * @param all also a second one, keys in other letters (`Model`), which some parsers take for the same, and the objects of a list; false: the first is enough
 */
export function findTopLevelStrings(bytes: Buffer, key: string, all: boolean): string[] {
  const isList = all && bytes[skipSpace(bytes, 0)] === 0x5b
  return scanStrings(bytes, key, { all, isWanted: (depth) => depth === 1 || (isList && depth === 2) })
}

/** The same at any depth, in any letters. */
export function findStrings(bytes: Buffer, key: string): string[] {
  return scanStrings(bytes, key, { all: true, isWanted: () => true })
}

interface Scan {
  all: boolean
  /** Whether a key so deep in brackets counts. */
  isWanted: (depth: number) => boolean
}

function scanStrings(bytes: Buffer, key: string, { all, isWanted }: Scan): string[] {
  const found: string[] = []
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === quote) {
      const end = stringEnd(bytes, i)
      if (end === -1) return found
      const colon = skipSpace(bytes, end + 1)
      if (
        bytes[colon] === 0x3a &&
        isWanted(depth) &&
        mayBe(key, end - i - 1) &&
        isKey(readString(bytes, i, end), key, all)
      ) {
        const value = skipSpace(bytes, colon + 1)
        const valueEnd = bytes[value] === quote ? stringEnd(bytes, value) : -1
        if (valueEnd !== -1) {
          found.push(readString(bytes, value, valueEnd) ?? '')
          if (!all) return found
          i = valueEnd
          continue
        }
      }
      i = end
    }
  }
  return found
}

/** In so many bytes: as it is, or with characters written as escapes. */
function mayBe(key: string, length: number): boolean {
  return length >= key.length && length <= 6 * key.length
}

function isKey(name: string | undefined, key: string, anyCase: boolean): boolean {
  return name === key || (anyCase && name?.toLowerCase() === key.toLowerCase())
}

/** The closing quote of the string that opens at `start`, or -1. */
function stringEnd(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1)
  while (end !== -1) {
    let slashes = 0
    while (bytes[end - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = bytes.indexOf(quote, end + 1)
  }
  return -1
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

function readString(bytes: Buffer, start: number, end: number): string | undefined {
  const raw = bytes.toString('utf8', start + 1, end)
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return undefined
  }
}

/** A part's head is searched for so far; providers' parsers allow less. */
const longestPartHead = 16 * 1024
const headEndMark = Buffer.from('\r\n\r\n')

/**
 * Values of a field in a multipart form, walking part by part so that a file's content can't pretend to be a field. Takes time
 * in proportion to the body, whatever stands in it.
 */
export function findFormFields(bytes: Buffer, contentType: string, field: { name: string; all: boolean }): string[] {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  if (boundary === null) return []
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const found: string[] = []
  let part = bytes.indexOf(delimiter)
  while (part !== -1) {
    const next = bytes.indexOf(delimiter, part + delimiter.length)
    if (next === -1) return found
    const head = bytes.subarray(part, Math.min(next, part + longestPartHead))
    const headEnd = head.indexOf(headEndMark)
    if (headEnd !== -1 && namesOf(head.toString('latin1', 0, headEnd)).includes(field.name)) {
      found.push(bytes.toString('utf8', part + headEnd + headEndMark.length, next - 2))
      if (!field.all) return found
    }
    part = next
  }
  return found
}

/** Every name that a part's head gives it: of two, parsers take the one or the other. A line may go on in the next one. */
function namesOf(head: string): string[] {
  return head
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split(/[\r\n]+/)
    .filter((line) => /^content-disposition:/i.test(line))
    .flatMap((line) => [...line.matchAll(/[;\s]name="?([^";]*)"?/gi)].map((match) => match[1] as string))
}
