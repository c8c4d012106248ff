import { type Answer, type Call, objectOf } from '../call.ts'

/** A key for one session in a browser. It opens nothing: sockets of the sandbox want the sandbox key itself. */
const secretOf = (call: Call) => ({
  value: `ek_${call.requestId}`,
  expires_at: Math.floor(Date.now() / 1000) + 60,
})

const sessionOf = (call: Call, asked: Record<string, unknown>) => ({
  type: 'realtime',
  object: 'realtime.session',
  id: `sess_${call.requestId}`,
  model: 'gpt-realtime',
  ...asked,
})

/** `POST …/realtime/client_secrets` */
export async function clientSecret(call: Call): Promise<Answer> {
  const body = await call.json()
  return { json: { ...secretOf(call), session: sessionOf(call, objectOf(body['session'])) } }
}

/** `POST …/realtime/sessions`, as it was called before. */
export async function realtimeSession(call: Call): Promise<Answer> {
  return { json: { ...sessionOf(call, await call.json()), client_secret: secretOf(call) } }
}
