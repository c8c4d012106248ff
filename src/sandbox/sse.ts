/** One SSE event as text. `data` that is no string becomes JSON. */
export function sseEvent(data: unknown, name?: string): string {
  return `${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export const sseHeaders = { 'content-type': 'text/event-stream; charset=utf-8' }
