import { type Rule, verdict } from '../reading/rules.ts'

/** In a stream, the type that OpenAI gives almost all of its errors stands for 400. */
const denied = [0, 400, 401, 403]

/** OpenAI's codes, as far as they are not common to all that follow it. */
export const openaiRules: readonly Rule[] = [
  // One request above the whole limit has the code of a rate limit, and no wait helps it.
  {
    code: ['rate_limit_exceeded'],
    message: /^request too large|must be reduced/i,
    is: verdict('request_invalid', 'too_large_for_limit'),
  },
  { code: ['slow_down'], is: verdict('rate_limited') },
  // Some models, and streaming them, want an organization that has proved who it is; the code speaks of a wrong value.
  {
    status: denied,
    message: /organi[sz]ation must be verified/i,
    is: verdict('permission_denied'),
  },
  {
    status: denied,
    message:
      /member of an organi[sz]ation|no such organi[sz]ation|access to the organi[sz]ation|organi[sz]ation .{0,60}(not (found|exist)|mismatch|match)/i,
    is: verdict('permission_denied'),
  },
]
