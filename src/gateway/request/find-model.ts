import { OwnkeyError } from '../../contract/index.ts'
import type { Surface } from '../../providers/index.ts'
import { findNamedModels } from './find-named-models.ts'
import { findFormFields } from './form-fields.ts'
import { findTopLevelStrings } from './json-strings.ts'

export interface ModelSource {
  surface: Surface
  /** Decoded path behind the provider's head. */
  path: string
  query: string
  contentType: string
  /** The bytes of the body that are here so far: as chunks, and in one piece. */
  body: { readonly chunks: readonly Buffer[]; readonly joined: Buffer }
  /** A rule depends on the model: look also for a second one, which the provider's parser might prefer. */
  strict: boolean
}

/** Every rule looks at each model, so there has to be an end; a real batch names a few. */
const mostModels = 1000

/**
 * The models that a request names: the one that it is for comes first. Where a rule depends on it, all others follow that its
 * JSON names beside it, to fall back to or for a tool.
 * @throws request_invalid when it is for two, on a surface that takes one, or names too many
 */
export function findModels(source: ModelSource): readonly string[] {
  const place = placeOf(source)
  const found = distinct(places[place](source), place === 'anywhere' ? mostModels : 1)
  if (!source.strict || place !== 'json') return found
  return distinct([...found, ...findNamedModels(source.body.joined, fieldOf(source))], mostModels)
}

function distinct(found: readonly string[], most: number): readonly string[] {
  if (found.length <= 1) return found.map(withoutPath)
  const models = new Set<string>()
  for (const model of found) if (models.add(withoutPath(model)).size > most) throw tooMany(most)
  return [...models]
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

export function withoutPath(model: string): string {
  return model.startsWith('models/') ? model.slice('models/'.length) : model
}

export function fieldOf({ surface }: Pick<ModelSource, 'surface'>): string {
  return surface.modelField ?? 'model'
}

export function isInBody({ model }: Surface): boolean {
  return model === 'body' || model === 'form' || model === 'anywhere'
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
  query: (source) => new URLSearchParams(source.query).getAll(fieldOf(source)),
  json: (source) => {
    const { body, strict } = source
    const field = fieldOf(source)
    if (strict || body.chunks.length === 1) return findTopLevelStrings(body.joined, field, strict)
    // The chunks are joined only when the first one does not hold the model.
    const [found] = body.chunks.slice(0, 1).flatMap((first) => findTopLevelStrings(first, field, false))
    return found === undefined ? findTopLevelStrings(body.joined, field, false) : [found]
  },
  form: (source) =>
    findFormFields(source.body.joined, source.contentType, { name: fieldOf(source), all: source.strict }),
  anywhere: (source) => [...modelsInPath(source.path), ...places.query(source), ...modelsInBody(source)],
}

/** How vendors write a model in a path: `models/x:verb`, `deployments/x`, `engines/x`, `model/x`. */
const modelSegment = /\/(?:models?|tunedModels|deployments|engines)\/([^/:;]+)/gi

function modelsInPath(path: string): string[] {
  return [...path.matchAll(modelSegment)].map((match) => match[1] as string)
}

/** Under a rule: fields at any depth, including JSON inside a form. Otherwise only at the top. */
function modelsInBody(source: ModelSource): string[] {
  const isForm = source.contentType.startsWith('multipart/form-data')
  if (!source.strict) return isForm ? places.form(source) : places.json(source)
  const named = findNamedModels(source.body.joined, fieldOf(source))
  return isForm ? [...places.form(source), ...named] : named
}

/** A path without what some servers ignore: parameters of segments (`;a=b`) and a slash at the end. */
export function plainPath(path: string): string {
  return path.replace(/;[^/:]*/g, '').replace(/\/$/, '')
}
