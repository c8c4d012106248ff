import { type Rule, verdict } from './rules.ts'

const denied = [0, 400, 401, 403]
const paid = [0, 400, 401, 402, 403, 412, 429]

/**
 * What texts mean with most vendors, tried after the codes. 0 among the statuses stands for an error in a stream, or a socket's close,
 * that names none.
 */
export const commonMessages: readonly Rule[] = [
  {
    status: denied,
    message:
      /(missing|lacks?|does not have|without)( the)?( required| necessary)? (scopes?|permissions?)\b|insufficient (permissions?|scopes?)|requires (the )?(scope|permission)\b/i,
    is: verdict('permission_denied', 'missing_scope'),
  },
  {
    status: [0, 401, 403],
    message:
      /\bIP\b.{0,60}(\bnot|\bisn.t) (authori[sz]ed|allowed|permitted|on the|in the|whitelisted)|\bIP (address )?(is )?(blocked|restricted|not )|(firewall|virtual network).{0,20} rules?/i,
    is: verdict('permission_denied', 'egress_blocked'),
  },
  {
    status: denied,
    message:
      /(country|region|territory|location)\b.{0,40}\bnot (supported|available)|not (available|supported) in your (country|region|location|territory)|un(supported|available) (in (your )?)?(countr(y|ies)|region|location|territor(y|ies))/i,
    is: verdict('permission_denied', 'geo_blocked'),
  },
  {
    status: [0, 400, 401, 402, 403, 412, 429],
    message:
      /(spend(ing)?|billing|budget|usage) (limit|cap)s?\b.{0,60}(reached|exceeded|hit)|(reached|exceeded|hit)\b.{0,60}\b(spend(ing)?|billing|budget|API usage) (limit|cap)s?|maximum billing reached|key limit exceeded|spend alert threshold/i,
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  {
    status: paid,
    message:
      /insufficient (account )?(balance|credits?|funds|quota)|\b(credits?|balance)\b.{0,40}\b(too low|exhausted|depleted|negative|used up|ran out|run out|is empty|has expired)|(credits?|balance|quota) (is|are) (not enough|insufficient|zero)|out of credits?|(no|not enough|enough|any) (remaining )?credits?\b|(used|consumed) (up )?all (of )?(your |its |the )?(available )?credits|purchase (more )?credits|payment (method|is required|required)|never purchased credits|check your plan and billing/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  {
    status: [0, 400, 401, 402, 403],
    message: /\bquota\b.{0,20}\b(exhausted|used up|depleted)|no remaining quota|free tier\b.{0,40}\bexhausted/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  {
    status: [0, 401, 403],
    message:
      /\b(account|organi[sz]ation|workspace|project|team|consumer|user)\b.{0,80}\b(deactivated|suspended|disabled|terminated|banned|on hold|denied access)/i,
    is: verdict('permission_denied', 'account_disabled'),
  },
  {
    status: [0, 401, 403],
    message:
      /\b(key|token)\b.{0,50}\b(revoked|disabled|deactivated|leaked|compromised|deleted|(currently|been) blocked)/i,
    is: verdict('invalid_key', 'revoked'),
  },
  {
    status: denied,
    message: /\b(key|token|credentials?)\b.{0,40}\bexpired|\bexpired\b.{0,20}\b(key|token|credentials?)\b/i,
    is: verdict('invalid_key', 'expired'),
  },
  {
    status: denied,
    message:
      /(incorrect|invalid|wrong|malformed|missing|no)( or (invalid|missing))? ((x-)?api[ _-]?key|(bearer |access |api |auth\w* |security )token|authentication credentials|credentials)\b|api[ _-]?key\b.{0,20}\b(not valid|invalid|not found|missing|incorrect)|no auth credentials|didn.t provide an api key|valid api key|authentication (failed|fails)/i,
    is: verdict('invalid_key'),
  },
  {
    status: [0, 429],
    message:
      /\b(per|a|this|\/) ?(day|month)\b|\/ ?(day|month)\b|\b(daily|monthly)\b|\((TPD|RPD|ASPD|TPMo)\)|free-models-per-day|\blimit_rpd\b|out of call volume quota/i,
    is: verdict('quota_exhausted', 'quota_period'),
  },
  {
    status: [413, 429],
    message: /request too large|request (is )?larger than|reduce your message size/i,
    is: verdict('request_invalid', 'too_large_for_limit'),
  },
  {
    status: [0, 400, 404, 410, 422],
    message:
      /\bmodels?\b(?:[^.\n]|\.\S){0,120}\b(not found|not exist|doesn.t exist|unknown|not available|not supported|unavailable|not servable|decommissioned|deprecated|no longer (available|supported)|is not a valid)|(unknown|invalid|unsupported|no such) (\w+ )?model|not a valid model|do(es)? not have access to (it|the model|model)/i,
    is: verdict('model_unavailable'),
  },
  {
    status: [0, 400, 403],
    message:
      /content (policy|filter|moderation|management policy)|safety (system|filter)|usage (guidelines|policies)|responsible AI|flagged (as|by|for)|(content|input|output|prompt) moderation|by .{0,30}moderation/i,
    is: verdict('content_refused'),
  },
  {
    status: [429],
    message: /high demand|overloaded|capacity|(server|system|service|queue) is (busy|full)|heavy (load|traffic)/i,
    is: verdict('rate_limited', 'capacity'),
  },
  {
    status: [0, 500, 502, 503, 529],
    message: /overload|capacity|high demand|busy|high (load|traffic)/i,
    is: verdict('provider_error', 'capacity'),
  },
  // Where no status says it: texts of streams and sockets.
  {
    status: [0],
    message:
      /rate.?limit|too many (concurrent )?(requests|tokens|sessions|connections|streams)|per.minute .{0,20}limit|throttl/i,
    is: verdict('rate_limited'),
  },
  { status: [0], message: /^\s*(unauthori[sz]ed|unauthenticated)\b/i, is: verdict('invalid_key') },
  {
    status: [0],
    message: /\bforbidden\b|access (is )?denied|permission denied|not (allowed|permitted|authori[sz]ed)|cannot access/i,
    is: verdict('permission_denied'),
  },
]
