import ipaddr from 'ipaddr.js'
import type { OwnkeyError } from '../../contract/index.ts'
import { isAllowedPrivateHost, isInternalName, isPublicAddress } from './guarded-connect.ts'
import { type HostProblem, hostRefused } from './host-problems.ts'

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
  if (url.username !== '' || url.password !== '') throw refused('credentials')
  if (url.hash !== '' || url.search !== '') throw refused('query')
  if (isAllowedPrivateHost(hostname, privateHosts)) return url.origin
  if (url.protocol !== 'https:') throw refused('not_https')
  if (ipaddr.isValid(hostname)) {
    if (!isPublicAddress(hostname)) throw refused('private_address')
  } else if (isInternalName(hostname)) {
    throw refused('private_name')
  }
  return url.origin
}

function parse(baseUrl: string): URL {
  // The URL parser repairs these silently; a person who means them means another host than the one that would be called.
  if (/[\s\\\u0000-\u001f]/.test(baseUrl)) throw refused('characters')
  if (!/^https?:\/\/[^/]/i.test(baseUrl)) throw refused('no_host')
  try {
    return new URL(baseUrl)
  } catch {
    throw refused('not_a_url')
  }
}

function refused(problem: HostProblem): OwnkeyError {
  return hostRefused('base URL', problem, { field: 'baseUrl' })
}
