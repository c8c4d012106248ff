/**
 * What models take, where it differs, by Anthropic's guides to each (read 2026-11). Of models that are not listed the
 * later generation is expected, and of names that are not Claude's the earlier one: servers that imitate Anthropic keep to it.
 */

/** Models that think by a budget of tokens; later ones decide for themselves, by effort. */
export const thinksByBudget = /^claude-(?:3|[a-z]+-4(?:-[0-5])?(?:-\d{8})?$)/

/** They think unless they are told not to. */
export const thinksByItself = /^claude-(?![23]|instant|[a-z]+-4)/

const earlier = String.raw`[23]|instant|[a-z]+-4|(?:sonnet|opus)-5(?!-\d\b)|haiku-5-5`

/** They refuse thinking that is `disabled`. */
export const alwaysThinks = new RegExp(`^claude-(?!${earlier})`)
/** What these refuse least in its place; the others of them think as little as they can. */
export const thinksBetweenTools = /^claude-sonnet-5-5/
/** They refuse a `tool_choice` that leaves no choice. */
export const cannotBeForced = new RegExp(String.raw`^claude-(?!${earlier}|(?:fable|mythos)-5(?!-\d\b))`)
