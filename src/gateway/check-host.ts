import ipaddr from 'ipaddr.js'
import { OwnkeyError } from '../contract/index.ts'
import { isAllowedPrivateHost, isPublicAddress } from './guarded-connect.ts'

const internalNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|localdomain)$/

/**
 * Checks a base URL that a customer gives with a key, before it is saved. The connection checks again, because names
 * can change what they resolve to.
 * @returns the URL's origin
 * @throws host_not_allowed
 */
export function checkHost(baseUrl: string, privateHosts: readonly string[] = []): string {
  const url = parse(baseUrl)
  const hostname = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (url.username !== '' || url.password !== '') throw refused('it carries a user name or password')
  if (url.hash !== '' || url.search !== '') throw refused('it has a query or a fragment')
  if (isAllowedPrivateHost(hostname, privateHosts)) return url.origin
  if (url.protocol !== 'https:') throw refused('only https is allowed')
  if (ipaddr.isValid(hostname)) {
    if (!isPublicAddress(hostname)) throw refused('its address is not public')
  } else if (!hostname.includes('.') || internalNames.test(hostname)) {
    throw refused('its name is not public')
  }
  return url.origin
}

function parse(baseUrl: string): URL {
  // The URL parser repairs these silently; a person who means them means another host than the one that would be called.
  if (/[\s\\\u0000-\u001f]/.test(baseUrl)) throw refused('it has a space, a backslash or a control character')
  if (!/^https?:\/\/[^/]/i.test(baseUrl)) throw refused('it is not of the form https://host')
  try {
    return new URL(baseUrl)
  } catch {
    throw refused('it is not a URL')
  }
}

function refused(why: string): OwnkeyError {
  return new OwnkeyError('host_not_allowed', {
    detail: `This base URL is refused: ${why}.`,
    facts: { field: 'baseUrl' },
  })
}
