/** What an SDK's calls came back with, while it is used with nothing but its two settings. */
export interface RecordedAnswer {
  url: string
  status: number
  headers: Headers
}

/** Looks over the shoulder of `fetch`, which all SDKs use. Call `stop` at the end. */
export function recordFetch(): { answers: RecordedAnswer[]; stop(): void } {
  const original = globalThis.fetch
  const answers: RecordedAnswer[] = []
  globalThis.fetch = async (...call: Parameters<typeof fetch>) => {
    const response = await original(...call)
    answers.push({ url: response.url, status: response.status, headers: response.headers })
    return response
  }
  return {
    answers,
    stop: () => {
      globalThis.fetch = original
    },
  }
}
