/**
 * Providers' bodies as they come: an object, an array around one object (Google), a bare JSON string, text (Deepgram's
 * 404), HTML, or nothing. The content type is not reliable, so the first character decides.
 *
 * @param contentType only used to tell a non-UTF-8 charset; may be absent.
 * @returns an object, the one element of a one-element array, a string, another JSON value, or undefined when empty.
 *          Never throws.
 */
export function parseBody(bytes: Uint8Array | string, contentType?: string): unknown {
  const text = (typeof bytes === 'string' ? bytes : decode(bytes, contentType)).replace(/^\uFEFF/, '').trim()
  if (text === '') return undefined
  if (!/^[[{"\-0-9tfn]/.test(text)) return text
  try {
    return unwrap(JSON.parse(text))
  } catch {
    return text
  }
}

/** `[{…}]` → `{…}`; of a longer array the element that holds an error, as Google's cut streams end with it. */
export function unwrap(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  if (value.length === 1) return value[0]
  const failed: unknown = value.find(
    (item) => typeof item === 'object' && item !== null && errorNames.some((name) => name in item),
  )
  return failed ?? value
}

const errorNames = ['error', 'Error', 'detail', 'err_code', 'message', 'Message']

function decode(bytes: Uint8Array, contentType?: string): string {
  const charset = /charset="?([\w-]{1,40})/i.exec(contentType ?? '')?.[1]
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}
