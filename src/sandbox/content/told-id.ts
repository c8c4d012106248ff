import { Problem } from '../call.ts'

const mark = 'sandbox'

type Fact = string | number | boolean

/**
 * The sandbox keeps nothing: what a file, a batch or a job is stands in its id. Google's SDKs read an id in an address as far as it
 * is small letters and digits.
 */
export function tellingId(prefix: string, facts: readonly Fact[]): string {
  return prefix + mark + Buffer.from(JSON.stringify(facts)).toString('hex')
}

/** What `tellingId` was given. @throws Problem `route_not_found`, for an id that the sandbox did not give */
export function factsOfId(prefix: string, id = ''): Fact[] {
  try {
    const facts: unknown = JSON.parse(Buffer.from(id.slice(prefix.length + mark.length), 'hex').toString())
    if (id.startsWith(prefix + mark) && Array.isArray(facts)) return facts
  } catch {
    // Said below.
  }
  throw new Problem('route_not_found', id)
}
