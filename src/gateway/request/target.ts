import { OwnkeyError } from '../../contract/index.ts'

/** Where a request wants to go, read from its request line. */
export interface Target {
  /** `v1` for the one dialect, otherwise the provider's name as the caller wrote it. */
  head: string
  /** The path behind the head with its query, byte for byte, for the upstream; always begins with `/`. */
  rest: string
  /** The decoded path behind the head, for matching routes and models. */
  path: string
  /** The query without `?`, byte for byte. */
  query: string
}

/** A segment that some server on the way could read as "here" or "up", with parameters (`..;a=b`) or without. */
const dotSegment = /(^|\/)\.{1,2}(;[^/]*)?(\/|$)/
/** Looked for in the decoded path, where a space is fine: it was written as %20, and names of files have it. */
const controlOrBackslash = /[\u0000-\u001f\u007f\\]/

/**
 * Reads a request line's target. What different servers could read differently — dot segments, empty segments,
 * backslashes, double encodings, absolute form — is refused instead of repaired, so that the path that policy looked at is
 * the path that the provider gets.
 */
export function readTarget(url: string): Target {
  if (url.charCodeAt(0) !== 47) throw refused('it is not a path')
  const question = url.indexOf('?')
  const rawPath = question === -1 ? url : url.slice(0, question)
  const query = question === -1 ? '' : url.slice(question + 1)
  const slash = rawPath.indexOf('/', 1)
  const head = slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash)
  const rest = slash === -1 ? '/' : rawPath.slice(slash)
  const path = rest.includes('%') ? decode(rest) : rest
  if (rest.includes('//'))
    throw refused('it has an empty segment', 'Take the slash from the end of the base URL, if it has one.')
  if (path.includes('/.') && dotSegment.test(path)) throw refused('it has a "." or ".." segment')
  if (rest.includes(' ') || controlOrBackslash.test(path))
    throw refused('it has a control character, a space or a backslash')
  if (rest.includes('#') || query.includes('#')) throw refused('it has a fragment')
  return { head, rest, path, query }
}

function decode(path: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    throw refused('its percent-encoding is broken')
  }
  if (/%[0-9a-f]{2}/i.test(decoded)) throw refused('it is percent-encoded twice')
  return decoded
}

function refused(why: string, fix = 'Send the provider’s path as its documentation writes it.'): OwnkeyError {
  return new OwnkeyError('request_invalid', { detail: `The path of this request is refused: ${why}.`, fix })
}
