import { OwnkeyError } from '../contract/index.ts'
import type { Policy } from '../policy/index.ts'

/** @throws OwnkeyError `request_invalid` */
export function checkEnvironment(environment: string, { environments }: Pick<Policy, 'environments'>): void {
  if (environments.includes(environment)) return
  const detail = `There is no such environment; known are ${environments.join(', ')}.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: `Use one of ${environments.join(', ')}.`,
    errors: [{ field: 'environment', detail }],
  })
}
