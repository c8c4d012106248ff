import type { WebhookDelivery } from '../../../contract/index.ts'
import type { DeliveryRow } from '../../../store/index.ts'

export function showDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    eventId: row.event_id,
    endpoint: row.endpoint,
    type: row.type,
    org: row.org_id === '' ? null : row.org_id,
    state: row.state,
    attempts: row.attempts,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    nextAt: row.state === 'pending' ? row.next_at.toISOString() : null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    payload: JSON.parse(row.payload),
  }
}
