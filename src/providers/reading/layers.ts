import { unwrap } from '../parse-answer.ts'
import { isRecord, type Json } from './is-record.ts'
import { tellingEvent } from './telling-event.ts'

/**
 * The objects that an error body is made of, innermost first: the error itself, then what it is wrapped in. Vendors, their
 * gateways and the servers before them wrap one error in many ways: `error`, `error.error`, `detail` (an object, or a list),
 * `errors`, `response.error`, an exception's name, a JSON text inside a text.
 */
export function errorLayers(parsed: unknown): readonly Json[] {
  const layers: Json[] = []
  let here = recordIn(parsed)
  while (here !== undefined && layers.length < deepest) {
    layers.unshift(here)
    here = innerOf(here)
  }
  return layers
}

const deepest = 6

/** Where the error of a wrapper stands, most telling first. */
const wrappers = ['error', 'response', 'detail', 'errors', 'data', 'fault', 'body', 'choices', 'message'] as const

function innerOf(layer: Json): Json | undefined {
  for (const name of wrappers) {
    const inner = recordIn(layer[name])
    if (inner !== undefined && (!onlyIfError.has(name) || tells(inner))) return inner
  }
  return exceptionIn(layer)
}

/** Wrappers that often hold something else; looked into only if an error's fields stand in them. */
const onlyIfError: ReadonlySet<string> = new Set(['response', 'data', 'body', 'choices', 'message'])
const errorFields = ['error', 'code', 'message', 'detail', 'status', 'err_code', 'errors', 'type']
const tells = (value: Json): boolean => errorFields.some((name) => value[name] !== undefined && value[name] !== null)

/** Bedrock's streams name the exception as the only key: `{"throttlingException": {"message": …}}`. */
function exceptionIn(layer: Json): Json | undefined {
  const name = Object.keys(layer).find((key) => /(Exception|Error)$/.test(key))
  const value = name === undefined ? undefined : layer[name]
  return name !== undefined && isRecord(value) ? lowered({ ...value, code: name }) : undefined
}

/** The record in a value: itself; the first of a list that tells an error (other than FastAPI's per-field ones); JSON inside a text. */
function recordIn(value: unknown): Json | undefined {
  if (isRecord(value)) return lowered(value)
  if (Array.isArray(value)) {
    const found = [unwrap(value), ...value].find((item) => isRecord(item) && !isComplaint(item))
    return isRecord(found) ? lowered(found) : undefined
  }
  return typeof value === 'string' ? recordInText(value) : undefined
}

const isComplaint = (item: Json): boolean => Array.isArray(item['loc']) || typeof item['msg'] === 'string'

const longestText = 64 * 1024

/** A text that is JSON, or an event of a stream whose data is: as a whole, or in one of its lines. */
function recordInText(text: string): Json | undefined {
  if (text.length > longestText) return undefined
  if (/^\s*</.test(text)) return recordInXml(text)
  if (/^\s*[[{]/.test(text)) return recordInJson(text)
  const { data = '' } = tellingEvent(text) ?? {}
  for (const one of [data, ...data.split('\n')]) {
    const found = recordInJson(one)
    if (found !== undefined) return found
  }
  return undefined
}

function recordInJson(text: string): Json | undefined {
  if (!/^\s*["[{]/.test(text)) return undefined
  try {
    return recordIn(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Amazon's XML: the exception stands in `Code`, or is the name of the whole. Pages for people tell nothing. */
function recordInXml(text: string): Json | undefined {
  const root = /^\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(\w{1,80})[\s/>]/.exec(text)?.[1]
  if (root === undefined || root.toLowerCase() === 'html') return undefined
  const inside = (name: string): string | undefined =>
    new RegExp(`<${name}>\\s*([^<]{1,2000}?)\\s*</${name}>`, 'i').exec(text)?.[1]
  const code = inside('Code') ?? (/(?:Exception|Error)$/.test(root) ? root : undefined)
  return code === undefined ? undefined : { code, message: inside('Message') ?? '' }
}

/** `Message`, `Code`, `Error` as Amazon and Microsoft write them. Names that stand in small letters too keep their value. */
function lowered(layer: Json): Json {
  const names = Object.keys(layer)
  if (!names.some((name) => /^[A-Z]/.test(name))) return layer
  const renamed: Record<string, unknown> = { ...layer }
  for (const name of names) renamed[name.charAt(0).toLowerCase() + name.slice(1)] ??= layer[name]
  return renamed
}
