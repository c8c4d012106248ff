import { OwnkeyError } from '../../contract/index.ts'

/** Why a host is refused, by code: pages in other languages have a sentence for each. */
export const hostProblems = {
  credentials: 'it carries a user name or password',
  query: 'it has a query or a fragment',
  not_https: 'only https is allowed',
  private_address: 'its address is not public',
  private_name: 'its name is not public',
  private_target: 'its name resolves to an address that is not public',
  characters: 'it has a space, a backslash or a control character',
  no_host: 'it is not of the form https://host',
  not_a_url: 'it is not a URL',
} as const
export type HostProblem = keyof typeof hostProblems

/** `host_not_allowed` with the problem in its `facts.host`. */
export function hostRefused(
  what: 'base URL' | 'host',
  problem: HostProblem,
  facts: Readonly<Record<string, string>> = {},
): OwnkeyError {
  return new OwnkeyError('host_not_allowed', {
    detail: `This ${what} is refused: ${hostProblems[problem]}.`,
    facts: { ...facts, host: problem },
  })
}
