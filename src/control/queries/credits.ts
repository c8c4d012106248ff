import { OwnkeyError } from '../../contract/index.ts'
import { asNumber, lockOrganization, type Queryable } from '../../store/index.ts'

export interface Grant {
  org: string
  /** Whole credits; negative takes back. */
  amount: number
  reason: string
  idempotencyKey: string
  by: string
}

/**
 * Changes the balance once for each idempotency key. What was used beyond the balance is paid off first.
 * @returns the balance after it; of a repetition, the one that the first call told
 * @throws OwnkeyError `org_unknown`, `idempotency_conflict`, `balance_too_low`
 */
export async function grantCredits(
  tx: Queryable,
  { org, amount, reason, idempotencyKey, by }: Grant,
): Promise<{ balance: number; repeated: boolean }> {
  // Grants of one organization wait for each other here, so that a repetition sees the first.
  if (!(await lockOrganization(tx, org))) throw new OwnkeyError('org_unknown')
  const [known] = await tx.query<{ amount: number; reason: string; balance_after: number }>(
    'select amount, reason, balance_after from credit_grants where org_id = $1 and idempotency_key = $2',
    [org, idempotencyKey],
  )
  if (known) {
    if (known.amount === amount && known.reason === reason) return { balance: known.balance_after, repeated: true }
    throw new OwnkeyError('idempotency_conflict')
  }
  const [row] = await tx.query<{ balance: number }>(
    `update organizations set balance = greatest(balance + $2 - overdrawn, 0), overdrawn = greatest(overdrawn - balance - $2, 0)
      where id = $1 and balance + $2 >= 0 or id = $1 and $2 > 0
     returning ${asNumber('balance + greatest(allowance_size - allowance_spent, 0)')} as balance`,
    [org, amount],
  )
  // The month's allowance is nobody's grant; what is left of it lapses by itself.
  if (!row) {
    const detail = 'That is more than is left of the credits that were granted; the month’s own cannot be taken back.'
    throw new OwnkeyError('balance_too_low', { detail, fix: 'Take no more than is left of what was granted.' })
  }
  await tx.query(
    'insert into credit_grants (org_id, idempotency_key, amount, reason, balance_after, created_by) values ($1, $2, $3, $4, $5, $6)',
    [org, idempotencyKey, amount, reason, row.balance, by],
  )
  return { balance: row.balance, repeated: false }
}
