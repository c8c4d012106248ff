import { type EndedEntry, type OpenedEntry, writeEntries } from '../../../src/store/index.ts'
import type { RunningOwnkey } from '../../support/running-server.ts'

const dayMs = 86_400_000
const features = ['chatbot', 'chatbot', 'chatbot', 'translation', 'translation', 'classification', 'call_analysis']
const models = ['gemini-2.5-flash', 'gemini-2.5-flash', 'gemini-2.5-pro']

interface Past {
  org: string
  /** Requests on the busiest day. */
  most: number
  /** Of 100 requests, how many the own key could not serve. */
  failing: number
  own: boolean
}

/** A month of requests, the same on every run but for its dates, so that pages show what they show in use. */
export async function writePastUsage(server: RunningOwnkey, pasts: readonly Past[]): Promise<void> {
  const next = numbersFrom(7)
  const today = Math.floor(Date.now() / dayMs) * dayMs
  const opened: OpenedEntry[] = []
  const ended: EndedEntry[] = []
  for (const past of pasts) {
    for (let day = 29; day >= 1; day--) {
      const weekend = [0, 6].includes(new Date(today - day * dayMs).getUTCDay())
      const count = Math.round(past.most * (weekend ? 0.3 : 0.65 + next() * 0.35))
      for (let number = 0; number < count; number++) {
        const at = today - day * dayMs + Math.round((7 + next() * 12) * 3_600_000)
        const pair = pairOf(past, { id: `${past.org}-${day}-${number}`, at, next })
        opened.push(...pair.map(({ open }) => open))
        ended.push(...pair.map(({ end }) => end))
      }
    }
  }
  await server.atRest((database) =>
    writeEntries(database, {
      opened: JSON.stringify(opened),
      ended: JSON.stringify(ended),
      node: 'past',
      charging: false,
    }),
  )
}

interface One {
  id: string
  at: number
  next(): number
}

/** One request: on the own key, and where that failed once more on the platform's. */
function pairOf({ org, own, failing }: Past, { id, at, next }: One) {
  const feature = features[Math.floor(next() * features.length)] as string
  const model = models[Math.floor(next() * models.length)] as string
  const attempt = (which: { suffix: string; source: string; failed?: string; after?: string }) => {
    const tokens = 200 + Math.round(next() * 1_800)
    const duration = 350 + Math.round(next() * next() * 2_400)
    const open: OpenedEntry = {
      id: `${id}${which.suffix}`,
      rq: id,
      at: which.suffix ? 2 : 1,
      og: org,
      us: undefined,
      fe: feature,
      en: 'production',
      pr: 'gemini',
      mo: model,
      su: 'chat',
      ks: which.source,
      ho: 'generativelanguage.googleapis.com',
      cr: which.source === 'platform' ? 5 : 1,
      fc: which.after,
      st: at,
    }
    const counts = which.failed ? {} : { it: tokens, ot: Math.round(tokens / 4), cp: tokens * 1_200_000, cu: 'USD' }
    const end: EndedEntry = {
      id: open.id,
      ok: !which.failed,
      sc: which.failed ? 429 : 200,
      ec: which.failed,
      ...counts,
      du: duration,
      en: at + duration,
    }
    return { open, end }
  }
  if (!own) return [attempt({ suffix: '', source: 'platform' })]
  if (next() * 100 >= failing) return [attempt({ suffix: '', source: 'organization' })]
  const failed = next() < 0.8 ? 'quota_exhausted' : 'rate_limited'
  return [
    attempt({ suffix: '', source: 'organization', failed }),
    attempt({ suffix: '-2', source: 'platform', after: failed }),
  ]
}

/** Numbers from 0 to 1 that look random (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
