import { type Notice, OwnkeyError, type OwnkeyErrorCode } from '../contract/index.ts'
import { createIdMaker, dayMs, daysUntil } from '../lib/index.ts'
import { type Policy, resolveProvider } from '../policy/index.ts'
import { activeOrganizations, type KeyToRotate, keysToRotate, type NoticeCause, syncNotices } from '../store/index.ts'
import type { ControlDeps, ControlOptions } from './deps.ts'
import type { Operator } from './http/caller.ts'
import { stateKinds } from './settings/current-notices.ts'
import { loadSettings } from './settings/load-settings.ts'

export interface NoticeSweep {
  /** Makes the stored notices of what is read from the state true for all keys and some organizations. */
  run(): Promise<void>
}

/** Organizations in one run; the next run goes on with those after them. */
const orgsAtOnce = 200

const rotationKinds = ['rotation_due', 'rotation_overdue']
const sweeper: Operator = { kind: 'operator', id: 'ownkey', name: null, sessionId: null, expiresAt: null }

/**
 * No event tells that a date is due or that a quota, credits or a cap are nearly used up. So this looks for them from time to time
 * and opens notices, which are kept and told to webhooks like all others. Several nodes may run it at once.
 */
export function createNoticeSweep(options: ControlOptions): NoticeSweep {
  const newId = createIdMaker()
  const noticeId = () => `ntc_${newId()}`
  const deps: ControlDeps = { ...options, managersOf: async () => [] }
  let after = ''
  return {
    async run() {
      await sweepRotations(deps, noticeId)
      const orgs = await activeOrganizations(deps.database, { after, kinds: stateKinds, limit: orgsAtOnce })
      after = orgs.length < orgsAtOnce ? '' : (orgs.at(-1) ?? '')
      for (const org of orgs) await sweepOrg(org, deps, noticeId)
    },
  }
}

async function sweepRotations(deps: ControlDeps, newId: () => string): Promise<void> {
  const { policy } = deps.inForce()
  const now = deps.clock.now()
  const farthest = Math.max(0, ...[...policy.plans.values()].flatMap(({ rotation }) => rotation.remindDays))
  const until = new Date(now + farthest * dayMs).toISOString().slice(0, 10)
  const keys = await keysToRotate(deps.database, until)
  const causes = keys.flatMap((key) => {
    const cause = rotationCause(key, policy.plans.get(key.plan)?.rotation.remindDays ?? [], now)
    return cause ? [cause] : []
  })
  await deps.database.transaction((tx) => syncNotices(tx, causes, { kinds: rotationKinds, newId }))
}

/** Every reminder is a notice of its own, so that each is told; the one before is closed by it. */
export function rotationCause(
  { id, org_id: org, provider, environment, rotate_by: rotateBy, owner, hint }: KeyToRotate,
  remindDays: readonly number[],
  now: number,
): NoticeCause | undefined {
  const days = daysUntil(rotateBy, now)
  const facts = { rotateBy, environment, hint, ...(owner === null ? {} : { owner }) }
  const about = { org, provider, keyId: id }
  if (days < 0) return { ...about, kind: 'rotation_overdue', cause: `rotation_overdue ${id} ${rotateBy}`, facts }
  const reminder = Math.min(...remindDays.filter((each) => days <= each))
  if (!Number.isFinite(reminder)) return undefined
  const cause = `rotation_due ${id} ${rotateBy} ${reminder}`
  return { ...about, kind: 'rotation_due', cause, facts: { ...facts, reminder } }
}

async function sweepOrg(org: string, deps: ControlDeps, newId: () => string): Promise<void> {
  const question = { org, environment: undefined, user: undefined, caller: sweeper, stored: false }
  const settings = await loadSettings(question, deps).catch(nothingWhereUnreadable)
  if (settings === undefined) return
  const { notices } = settings
  const { policy } = deps.inForce()
  const causes = notices.filter(({ kind }) => stateKinds.includes(kind)).map((notice) => toCause(org, notice, policy))
  await deps.database.transaction((tx) => syncNotices(tx, causes, { kinds: stateKinds, org, newId }))
}

/** The configuration no longer has the organization's plan, or it was deleted this moment. Those after it have their turn all the same. */
const unreadable: ReadonlySet<OwnkeyErrorCode> = new Set(['plan_unknown', 'org_unknown'])

function nothingWhereUnreadable(error: unknown): undefined {
  if (!(error instanceof OwnkeyError && unreadable.has(error.code))) throw error
}

function toCause(org: string, { kind, provider, keyId, facts }: Notice, policy: Policy): NoticeCause {
  const about = facts['meter'] ?? facts['about'] ?? ''
  const named = provider === null ? undefined : resolveProvider(policy, provider)
  return { org, cause: `${kind} ${about}`, kind, provider: named, ...(keyId !== null && { keyId }), facts }
}
