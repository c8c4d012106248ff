import { isRecord, type Json } from '../json.ts'
import type { Part, Turn } from './chat.ts'

/** OpenAI writes the latest four marks of a request and ignores the others; more than four are an error elsewhere. */
const mostMarks = 4

/** What OpenAI's marks become. They are recognised later by identity: a caller's own `cache_control` is another object. */
const marks = { usual: { type: 'ephemeral' }, long: { type: 'ephemeral', ttl: '1h' } } as const

/** How far a prompt is to be kept: in Anthropic's words, or in OpenAI's, whose lifetimes there are two of. */
export function cacheControlOf(part: Json): unknown {
  const { cache_control: own, prompt_cache_breakpoint: breakpoint } = part
  if (own !== undefined || !isRecord(breakpoint)) return own
  return breakpoint['ttl'] === undefined ? marks.usual : marks.long
}

/** The same request with the latest of its marks alone. */
export function withLatestMarks<T extends { system: readonly Part[]; turns: readonly Turn[] }>(said: T): T {
  const all = [...said.system, ...said.turns.flatMap((turn): readonly Part[] => turn.parts)].filter(isMarked)
  const dropped = new Set(all.slice(0, Math.max(0, all.length - mostMarks)))
  if (dropped.size === 0) return said
  const clean = <P extends Part>(part: P): P => (dropped.has(part) ? { ...part, cacheControl: undefined } : part)
  const turns = said.turns.map((turn) => ({ ...turn, parts: (turn.parts as readonly Part[]).map(clean) }))
  return { ...said, system: said.system.map(clean), turns }
}

function isMarked({ cacheControl }: Part): boolean {
  return cacheControl === marks.usual || cacheControl === marks.long
}
