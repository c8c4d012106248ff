import { type Call, requestOf } from '../api/request-of.ts'

const answers = new Map<string, Promise<Response>>()

/** Sends a call whose answer `takeAnswer` hands over later. @returns the answer's body; rejects when it is an error */
export async function askAhead<Body>(path: string, call: Call, token?: string): Promise<Body> {
  const { url, init } = requestOf('', path, call, token)
  const answer = fetch(url, init)
  answers.set(nameOf(url, init), answer)
  const response = await answer
  if (!response.ok) throw new Error(String(response.status))
  return response.clone().json()
}

/** The answer to a call that was sent ahead exactly so; it is handed over once. */
export function takeAnswer(url: string, init: RequestInit): Promise<Response> | undefined {
  const name = nameOf(url, init)
  const answer = answers.get(name)
  answers.delete(name)
  return answer
}

function nameOf(url: string, { method, headers, body }: RequestInit): string {
  return JSON.stringify([method, url, headers, body])
}
