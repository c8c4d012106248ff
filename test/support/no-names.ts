import type { Lookup } from '../../src/gateway/index.ts'

/** For tests in which no host of a customer has a name that can be found. */
export const noNames: Lookup = (hostname, _options, done) =>
  done(Object.assign(new Error(`no address of ${hostname}`), { code: 'ENOTFOUND' }), [])
