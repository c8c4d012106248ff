import { periodStart } from '../lib/index.ts'
import type { EndedEntry, OpenedEntry } from '../store/index.ts'
import type { Cost } from './cost-of.ts'
import type { EntryEnd, EntryStart } from './ledger.ts'

const longestText = 256

/** Control characters and halves of characters, which the database takes for an error; one would stop a whole batch. */
const unwritable = /[\u0000-\u001f\ud800-\udfff]/

/** Makes a text that a caller or provider chose fit to be stored. */
function text(value: string): string
function text(value: string | undefined): string | undefined
function text(value: string | undefined): string | undefined {
  if (value === undefined || (value.length <= longestText && !unwritable.test(value))) return value
  return value.slice(0, longestText).replace(/[\u0000-\u001f]|\p{Surrogate}/gu, '\ufffd')
}

/** Whole, not negative, and small enough to be added up for centuries. */
const largestCount = 1_000_000_000_000_000
function count(value: number | undefined): number | undefined {
  if (value === undefined || !(value >= 0)) return undefined
  return value > largestCount ? largestCount : Math.round(value)
}

const largestInt = 2_147_483_647
function int(value: number | undefined): number | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined
  return value > largestInt ? largestInt : value < 0 ? 0 : Math.round(value)
}

export function openedRow(id: string, start: EntryStart): OpenedEntry {
  const per = start.meterPer ?? 'month'
  return {
    id,
    rq: text(start.requestId),
    nm: start.namedByCaller ? (start.sameRequest ?? '') : undefined,
    at: start.attempt,
    og: start.org,
    us: text(start.user),
    fe: start.feature,
    en: start.environment,
    pr: start.provider,
    mo: text(start.model),
    su: start.surface,
    ks: start.source,
    ki: start.key?.id,
    kv: start.key?.version,
    ho: start.host,
    re: start.region,
    cr: count(start.credits) ?? 0,
    me: start.meter,
    ma: start.meter !== undefined && start.meterCounts === 'attempts' ? true : undefined,
    mp: start.meter === undefined ? undefined : per,
    ms: start.meter === undefined ? undefined : periodStart(per, start.startedAt),
    fc: start.fallbackClass,
    st: start.startedAt,
  }
}

export function endedRow(id: string, end: EntryEnd, more: { endedAt: number; cost: Cost | undefined }): EndedEntry {
  const usage = end.usage
  return {
    id,
    ok: end.charged,
    sc: int(end.status),
    ec: end.errorClass,
    mo: text(end.model),
    it: count(usage?.inputTokens),
    ot: count(usage?.outputTokens),
    ct: count(usage?.cacheReadTokens),
    wt: count(usage?.cacheWriteTokens),
    rt: count(usage?.reasoningTokens),
    ch: count(usage?.characters),
    am: usage?.audioSeconds === undefined ? undefined : count(usage.audioSeconds * 1000),
    es: end.estimated ? true : undefined,
    cp: more.cost?.costPico,
    cu: more.cost?.currency,
    fb: int(end.firstByteMs),
    du: int(end.durationMs) ?? 0,
    en: more.endedAt,
  }
}
