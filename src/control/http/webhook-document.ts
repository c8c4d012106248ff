import { changeEvents, noticeEvents } from '../../contract/index.ts'

const headers = {
  'webhook-id': 'The event; the same on every try.',
  'webhook-timestamp': 'Of this try, in seconds since 1970.',
  'webhook-signature': '`v1,` and the HMAC-SHA256 over id, timestamp and body, in base64 (standardwebhooks.com).',
}

/** The document's `webhooks`: what the configured endpoints are sent, and what they may answer. */
export const webhookDocument = {
  change: delivery('webhooks.change', {
    summary: 'Someone did something that stands in the audit log',
    events: changeEvents,
    schema: 'ChangeEvent',
  }),
  notice: delivery('webhooks.notice', {
    summary: 'Something needs someone, or no longer does',
    events: noticeEvents,
    schema: 'NoticeEvent',
  }),
}

interface Told {
  summary: string
  events: Readonly<Record<string, string>>
  schema: string
}

function delivery(operationId: string, { summary, events, schema }: Told) {
  const types = Object.entries(events).map(([type, what]) => `- \`${type}\`: ${what}`)
  return {
    post: {
      operationId,
      summary,
      description: ['Delivered at least once, in no promised order.', '', ...types].join('\n'),
      tags: ['Webhooks'],
      // The signature tells who sends; no credential of this API does.
      security: [],
      parameters: Object.entries(headers).map(([name, description]) => ({
        name,
        in: 'header',
        required: true,
        description,
        schema: { type: 'string' },
      })),
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
      },
      responses: {
        '2XX': { description: 'Taken.' },
        '410': { description: 'Not wanted any more: this delivery is not tried again.' },
        default: { description: 'Not taken: tried again, 11 times in about a day.' },
      },
    },
  }
}
